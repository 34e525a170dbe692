"""The embedded store: one SQLite file of data, one of indexes, one lock.

ledger.sqlite   the entries, chains, workspaces, keys. Trusted no further than `verify` proves it
index.sqlite    what queries need; may be deleted at any time, and is made anew
lock            held by the one process that may append; its pid stands in it
"""

from affidavit.storage.sqlite.files import create
from affidavit.storage.sqlite.store import SqliteStore

__all__ = ["SqliteStore", "create"]
