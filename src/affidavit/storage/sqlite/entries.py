"""Reads of entries and chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain as joined

import apsw

from affidavit.core.entry import Entry
from affidavit.model.query import Chain, Group, GroupKind, Head, Page, Query
from affidavit.storage.sqlite import finder
from affidavit.storage.sqlite.groups import groups
from affidavit.storage.sqlite.index import marks
from affidavit.storage.sqlite.readers import Readers
from affidavit.storage.sqlite.rows import entries_of, entry_of, int64, read_entries, read_hashes
from affidavit.storage.sqlite.statements import statements

_sql = statements("read.sql")


class Entries:
    """The reading half of ledger.store.Store. Any thread may read."""

    def __init__(self, readers: Readers, searchable: Mapping[str, str]) -> None:
        self._readers = readers
        self._searchable = searchable

    def size(self) -> int:
        """How many entries are committed: the next position."""
        with self._readers.snapshot("reading the ledger's size") as connection:
            last: int | None = connection.execute(_sql["last_position"]).get
            return 0 if last is None else last + 1

    def next_position(self) -> int | None:
        """The position that the next entry gets: nobody else appends."""
        return self.size()

    def last_id(self) -> bytes | None:
        """The id of the newest entry."""
        with self._readers.snapshot("reading the newest entry") as connection:
            identity: bytes | None = connection.execute(_sql["last_id"]).get
            return identity

    def heads(self, chains: Sequence[bytes]) -> Mapping[bytes, Head]:
        """The heads of those chains that exist."""
        with self._readers.snapshot("reading chains") as connection:
            rows = connection.executemany(_sql["head"], [(chain,) for chain in chains])
            return {chain: Head(seq, digest, at) for chain, seq, digest, at in rows}

    def entry(self, identity: bytes) -> Entry | None:
        """The entry with this id."""
        with self._readers.snapshot("reading an entry") as connection:
            row = connection.execute(_sql["entry"], (identity,)).fetchone()
            return row and entry_of(row)

    def entry_at(self, position: int) -> Entry | None:
        """The entry at this position. Raises StoreUnreadable, naming it, where the row is damaged."""
        with self._readers.snapshot(f"reading the entry at position {position}") as connection:
            found = read_entries(connection, position, 1)
            return found[0] if found and found[0].position == position else None

    def scan(self, start: int, limit: int) -> list[Entry]:
        """At most `limit` entries from position `start` on, in position order.

        Raises StoreUnreadable, naming the position, where a row is damaged.
        """
        with self._readers.snapshot(f"reading entries from position {start} on") as connection:
            return read_entries(connection, start, limit)

    def hashes(self, start: int, limit: int) -> list[bytes]:
        """The hashes of at most `limit` entries from position `start` on, in position order; fewer only at the end.

        Raises StoreUnreadable where one of them is missing or is no hash.
        """
        with self._readers.snapshot(f"reading hashes from position {start} on") as connection:
            return read_hashes(connection, start, limit)

    def scan_chain(self, chain: bytes, after_seq: int, limit: int) -> list[Entry]:
        """At most `limit` entries of a chain with a seq above `after_seq`, in seq order."""
        stretch = {"chain": chain, "after_seq": int64(after_seq), "limit": int64(limit)}

        def read(connection: apsw.Connection) -> list[Entry]:
            return entries_of(connection.execute(_sql["scan_chain"], stretch | {"mark": marks(connection).listed}))

        return self._readers.answer(f"reading chain {chain.hex()}", read)

    def scan_agent(self, workspace: int, dialect: str, agent: str, after_position: int, limit: int) -> list[Entry]:
        """At most `limit` entries of an agent from beyond a position on, in position order."""
        with self._readers.snapshot("reading what an agent did") as connection:
            stretch = {
                "workspace": workspace,
                "dialect": dialect,
                "agent": agent,
                "after": int64(after_position),
                "limit": int64(limit),
                "mark": marks(connection).listed,
            }
            return entries_of(connection.execute(_sql["scan_agent"], stretch))

    def find(self, workspace: int, query: Query) -> Page:
        """A page of entries, complete up to the last commit."""
        return self._readers.answer(
            "looking for entries", lambda connection: finder.find(connection, workspace, query, self._searchable)
        )

    def chains(self, workspace: int, dialect: str) -> list[Chain]:
        """The chains of a dialect, by chain key."""
        with self._readers.snapshot("reading chains") as connection:
            return [_chain(*row) for row in connection.execute(_sql["chains"], (workspace, dialect))]

    def chain(self, workspace: int, identity: bytes) -> tuple[str, Chain] | None:
        """The workspace's chain with this id, and its dialect."""
        with self._readers.snapshot("reading a chain") as connection:
            row = connection.execute(_sql["chain"], (identity, workspace)).fetchone()
            return None if row is None else (row[0], _chain(*row[1:]))

    def repeats(self, keys: Sequence[bytes], since: int) -> Mapping[bytes, bytes]:
        """Those of the keys that were recorded at or after `since`, with the digest of the request."""
        with self._readers.snapshot("reading what was sent before") as connection:
            return dict(joined.from_iterable(connection.execute(_sql["repeat"], (key, since)) for key in keys))

    def repeated(self, key: bytes) -> list[Entry]:
        """What the request with this key recorded, in its order."""
        with self._readers.snapshot("reading what was recorded before") as connection:
            first, count = connection.execute(_sql["repeated"], (key,)).get or (0, 0)
            found: list[Entry] = []
            while len(found) < count and (block := read_entries(connection, first + len(found), count - len(found))):
                found += block
            return found

    def holds(self) -> Mapping[bytes, int]:
        """The chains under legal hold, and the position of the entry that says so."""
        with self._readers.snapshot("reading legal holds") as connection:
            return dict(connection.execute(_sql["holds"]))

    def groups(
        self, workspace: int, dialect: str, kind: GroupKind, since: int | None, until: int | None
    ) -> list[Group]:
        """The agents or sessions of a dialect with entries in a span of time, by name."""
        return self._readers.answer(
            "grouping entries", lambda connection: groups(connection, workspace, dialect, kind, since, until)
        )

    def census(self) -> tuple[int, list[Chain]]:
        """The ledger's size and every chain with its head at that size: one snapshot of both."""
        with self._readers.snapshot("reading chains") as connection:
            last = connection.execute(_sql["last_position"]).get
            return 0 if last is None else last + 1, [_chain(*row) for row in connection.execute(_sql["all_chains"])]


def _chain(chain: bytes, key: str, seq: int, digest: bytes, at: int, erased: int) -> Chain:
    return Chain(chain, key, Head(seq, digest, at), erased)
