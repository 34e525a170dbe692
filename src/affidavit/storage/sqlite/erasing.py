"""The writer's part of an erasure: inside the transaction that appends the entry which says so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw

from affidavit.errors import StoreFailed
from affidavit.ledger.store import ChainUpdate, held
from affidavit.model.draft import Effect
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.files import open_ledger
from affidavit.storage.sqlite.statements import statements
from affidavit.storage.sqlite.traces import Trace

_sql = statements("erase.sql")


def left_to_clean(directory: Path) -> list[int]:
    """The positions of erased entries whose copies an earlier process did not come to destroy."""
    with closing(open_ledger(directory)) as connection, translated("reading what was erased"):
        return [position for (position,) in connection.execute(_sql["left"])]


class Erasing:
    """Owned by the writer, whose connection and thread it uses.

    Knows every chain that has no key. That it may take others for one of them, after a rollback, does no harm.
    """

    def __init__(self, connection: apsw.Connection, searchable: str) -> None:
        """`searchable`: a JSON object, dialect -> JSON path."""
        self._connection = connection
        self._searchable = searchable
        self._nameless: set[bytes] = {chain for (chain,) in connection.execute(_sql["nameless"])}

    def write(self, effect: Effect, position: int) -> list[Trace]:
        """Do what the entry at `position` says. Returns what it leaves to be cleaned.

        Raises ChainHeld, and StoreFailed for an entry that is not there or is erased already.
        """
        self._connection.executemany(_sql["hold"], [(chain, position) for chain in effect.hold])
        self._connection.executemany(_sql["release"], [(chain,) for chain in effect.release])
        if not effect.erase:
            return []
        ids = json.dumps([identity.hex() for identity in effect.erase])
        for identity, chain, since in self._connection.execute(_sql["held"], {"ids": ids}):
            raise held(identity, chain, since)
        rows = self._connection.execute(_sql["traces"], {"ids": ids, "searchable": self._searchable})
        traces = [Trace(*row) for row in rows]
        if len(traces) != len(effect.erase):
            raise StoreFailed("an entry that is to be erased is not there, or was erased meanwhile")
        positions = [(trace.position,) for trace in traces]
        self._connection.executemany(_sql["erase"], positions)
        self._connection.executemany(_sql["erasing"], positions)
        counted = Counter(trace.chain for trace in traces)
        self._connection.executemany(_sql["count_erased"], [(count, chain) for chain, count in counted.items()])
        for chain in counted:
            self._nameless.update(found for (found,) in self._connection.execute(_sql["erase_key"], {"chain": chain}))
        return traces

    def restore_keys(self, chains: Sequence[ChainUpdate]) -> None:
        """A chain that goes on has its key again. To be called before heads are moved."""
        if self._nameless:
            rows = [{"chain": chain.chain, "key": chain.key} for chain in chains if chain.chain in self._nameless]
            self._connection.executemany(_sql["restore_key"], rows)
