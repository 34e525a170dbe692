"""Reads of entries and chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from affidavit.core.entry import Entry
from affidavit.model.query import BLOCK_BYTES, Chain, Group, GroupKind, Head, Page, Query
from affidavit.storage.postgres.finder import find
from affidavit.storage.postgres.readers import Readers
from affidavit.storage.postgres.rows import entries_of, hashes_of, int64, span, stretch
from affidavit.storage.postgres.statements import statements

_ID_BYTES: Final = 16
_sql = statements("read.sql")
_GROUPS = {"agent": _sql["agents"], "session": _sql["sessions"]}


class Entries:
    """The reading half of ledger.store.Store. Any thread may read."""

    def __init__(self, readers: Readers, searchable: Mapping[str, str]) -> None:
        self._readers = readers
        self._searchable = searchable

    def size(self) -> int:
        """How many entries have positions: all that were committed before the call, except on a replica."""
        row = self._readers.row("reading the ledger's size", _sql["size"])
        return row[0] if row else 0

    def last_id(self) -> bytes | None:
        """The id of the entry at the last position."""
        row = self._readers.row("reading the newest entry", _sql["last_id"])
        return row[0] if row else None

    def heads(self, chains: Sequence[bytes]) -> Mapping[bytes, Head]:
        """The heads of those chains that exist; on a replica, as far as its positions go."""
        statement = _sql["standing_heads" if self._readers.is_replica else "heads"]
        rows = self._readers.rows("reading chains", statement, {"chains": list(chains)}, placed=False)
        return {chain: Head(seq, digest, at) for chain, seq, digest, at in rows}

    def entry(self, identity: bytes) -> Entry | None:
        """The entry with this id."""
        return next(iter(self._block("reading an entry", "entry", {"id": identity})), None)

    def entry_at(self, position: int) -> Entry | None:
        """The entry at this position."""
        return next(iter(self.scan(position, 1)), None) if position >= 0 else None

    def scan(self, start: int, limit: int) -> list[Entry]:
        """At most `limit` entries from position `start` on, in position order."""
        return self._block(f"reading entries from position {start} on", "scan", stretch(start, limit))

    def hashes(self, start: int, limit: int) -> list[bytes]:
        """The hashes of at most `limit` entries from position `start` on, in position order; fewer only at the end.

        Raises StoreUnreadable where one of them is missing or is no hash.
        """
        row = self._readers.row(f"reading hashes from position {start} on", _sql["hashes"], stretch(start, limit))
        return hashes_of(start, *row) if row and row[0] else []

    def scan_chain(self, chain: bytes, after_seq: int, limit: int) -> list[Entry]:
        """At most `limit` entries of a chain with a seq above `after_seq`, in seq order."""
        values = {"chain": chain, "after": int64(after_seq), "limit": int64(limit)}
        return self._block(f"reading chain {chain.hex()}", "scan_chain", values)

    def scan_agent(self, workspace: int, dialect: str, agent: str, after_position: int, limit: int) -> list[Entry]:
        """At most `limit` entries of an agent from beyond a position on, in position order."""
        values = {
            "workspace": workspace,
            "dialect": dialect,
            "agent": agent,
            "after": int64(after_position),
            "limit": int64(limit),
        }
        return self._block("reading what an agent did", "scan_agent", values)

    def find(self, workspace: int, query: Query) -> Page:
        """A page of entries, complete up to the last commit."""
        return find(self._readers, workspace, query, self._searchable.get(query.dialect))

    def chains(self, workspace: int, dialect: str) -> list[Chain]:
        """The chains of a dialect, by chain key."""
        values = {"workspace": workspace, "dialect": dialect}
        return [_chain(*row) for row in self._readers.rows("reading chains", _sql["chains"], values)]

    def chain(self, workspace: int, identity: bytes) -> tuple[str, Chain] | None:
        """The workspace's chain with this id, and its dialect."""
        row = self._readers.row("reading a chain", _sql["chain"], {"chain": identity, "workspace": workspace})
        return None if row is None else (row[0], _chain(*row[1:]))

    def repeats(self, keys: Sequence[bytes], since: int) -> Mapping[bytes, bytes]:
        """Those of the keys that were recorded at or after `since`, with the digests of their requests."""
        values = {"keys": list(keys), "since": int64(since)}
        return dict(self._readers.rows("reading what was sent before", _sql["repeats"], values, placed=False))

    def repeated(self, key: bytes) -> list[Entry]:
        """What the request with this key recorded, in its order."""
        row = self._readers.row("reading what was sent before", _sql["repeated"], {"key": key}, placed=False)
        joined = row[0] if row else b""
        ids = [joined[at : at + _ID_BYTES] for at in range(0, len(joined), _ID_BYTES)]
        rows = self._readers.rows("reading what was sent before", _sql["entries"], {"ids": ids})
        found = {entry.id: entry for entry in entries_of(rows)}
        return [found[identity] for identity in ids if identity in found]

    def holds(self) -> Mapping[bytes, int]:
        """The chains under legal hold, and the position of the entry that says so."""
        return dict(self._readers.rows("reading legal holds", _sql["holds"]))

    def groups(
        self, workspace: int, dialect: str, kind: GroupKind, since: int | None, until: int | None
    ) -> list[Group]:
        """The agents or sessions of a dialect with entries in a span of time, by name."""
        earliest, latest = span(since, until)
        values = {"workspace": workspace, "dialect": dialect, "since": earliest, "until": latest}
        return [Group(*row) for row in self._readers.rows("grouping entries", _GROUPS[kind], values)]

    def census(self) -> tuple[int, list[Chain]]:
        """The ledger's size and every chain with its head at that size: one snapshot of both."""
        with self._readers.snapshot("reading chains") as cursor:
            row = cursor.execute(_sql["size"]).fetchone()
            return row[0] if row else 0, [_chain(*one) for one in cursor.execute(_sql["all_chains"])]

    def _block(self, doing: str, statement: str, values: Mapping[str, Any]) -> list[Entry]:
        return entries_of(self._readers.rows(doing, _sql[statement], {"most": BLOCK_BYTES, **values}))


def _chain(chain: bytes, key: str, seq: int, digest: bytes, at: int, erased: int) -> Chain:
    return Chain(chain, key, Head(seq, digest, at), erased)
