"""A ledger that is copied into a database. Implements ledger.copyable.Target.

Until it is whole, its row says that it has a version which no program knows: nobody serves it, and nobody reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from affidavit.access.keys import Key
from affidavit.core.entry import Entry
from affidavit.errors import DataDirectoryError, StoreFailed
from affidavit.ledger.copyable import Beside
from affidavit.model.draft import Workspace
from affidavit.storage.postgres.arrivals import arrival
from affidavit.storage.postgres.connecting import Connection
from affidavit.storage.postgres.erasing import empty
from affidavit.storage.postgres.keys import add_key
from affidavit.storage.postgres.schema import COPYING, VERSION, create, has_ledger
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.store import CONNECTIONS, PostgresStore
from affidavit.storage.postgres.writer import copy_entries

_sql = statements("copy.sql")
_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "chains": ("bytea", "int8", "text", "text", "int8", "bytea", "int8", "int8"),
    "checkpoints": ("int8", "bytea", "bytea", "int8"),
    "tiles": ("int4", "int8", "bytea"),
    "cosignatures": ("int8", "text", "text", "int8"),
    "timestamps": ("int8", "bytea"),
    "holds": ("bytea", "bytea"),
    "requests": ("bytea", "bytea", "bytea", "int8"),
}


class PostgresTarget(PostgresStore):
    """A new one, or what an earlier try left. One process at a time writes to it; another is refused."""

    def __init__(self, url: str, origin: str, searchable: Mapping[str, str]) -> None:
        """Raises DataDirectoryError where there is a ledger, or a copy of another; and as `PostgresStore.open`."""
        if not has_ledger(url):
            create(url, origin, version=COPYING)
        super().__init__(url, searchable, CONNECTIONS, "", versions=(COPYING,))
        if self.origin != origin:
            theirs = self.origin
            self.close()
            raise DataDirectoryError(
                f"the database has the beginning of a copy of {theirs}, but this is {origin}: choose another database, "
                "or empty this one with DROP SCHEMA affidavit CASCADE"
            )

    def add(self, entries: Sequence[Entry]) -> None:
        """A block, behind what is there. All or nothing, durable on return."""
        start = entries[0].position
        with self._writes.transaction("copying entries") as connection:
            span = {"start": start, "end": start + len(entries), "copying": COPYING}
            if not connection.execute(_sql["move_size"], span).rowcount:
                raise _another()
            connection.execute(_sql["add_runs"], {"start": start, **arrival(entries)})
            copy_entries(connection, entries)

    def erase_again(self, identities: Sequence[bytes]) -> None:
        """What the source has erased since these were added; what is left on pages is for `clean`."""
        with self._writes.transaction("erasing entries") as connection:
            empty(connection, identities)

    def put(self, beside: Beside) -> None:
        """In the place of all that an earlier try has put. All or nothing, durable on return."""
        chains = (
            (chain.id, workspace, dialect, chain.key, chain.head.seq, chain.head.hash, chain.head.at, chain.erased)
            for workspace, dialect, chain in beside.chains
        )
        checkpoints = ((each.size, each.root, each.note, each.at) for each in beside.checkpoints)
        with self._writes.transaction("copying what lies beside the entries") as connection:
            _lock(connection)
            connection.execute(_sql["empty"])
            _copy(connection, "chains", chains)
            _copy(connection, "checkpoints", checkpoints)
            _copy(connection, "tiles", beside.tiles)
            _copy(connection, "cosignatures", beside.cosignatures)
            _copy(connection, "timestamps", beside.timestamps)
            _copy(connection, "holds", beside.holds)
            _copy(connection, "requests", beside.requests)
            connection.execute(_sql["analyze"])

    def put_owners(self, workspaces: Iterable[Workspace], keys: Iterable[Key]) -> None:
        """Tenants with their ids, and keys in their order, in the place of all that an earlier try has put."""
        with self._writes.transaction("copying keys") as connection:
            _lock(connection)
            connection.execute(_sql["empty_owners"])
            for workspace in workspaces:
                row = {"id": workspace.id, "name": workspace.name, "salt": workspace.salt}
                connection.execute(_sql["put_workspace"], row)
            connection.execute(_sql["number_workspaces"])
            for key in keys:
                add_key(connection, key)

    def complete(self) -> None:
        """It is whole: from now on it is a ledger as any other."""
        self._writes.run("ending the copy", _sql["set_version"], {"version": VERSION, "before": COPYING})


def _lock(connection: Connection) -> None:
    if connection.execute(_sql["lock_copy"], {"copying": COPYING}).fetchone() is None:
        raise _another()


def _copy(connection: Connection, name: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(_sql[f"put_{name}"]) as copy:
        copy.set_types(_COLUMNS[name])
        for row in rows:
            copy.write_row(row)


def _another() -> StoreFailed:
    return StoreFailed("another process copies a ledger into this database, too: let one of them come to its end")
