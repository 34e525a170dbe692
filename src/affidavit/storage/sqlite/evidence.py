"""Tiles, checkpoints and the leaves of the heads tree, read. Any thread may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from affidavit.core.merkle import HASH_BYTES
from affidavit.errors import StoreUnreadable
from affidavit.ledger.store import Checkpoint
from affidavit.storage.sqlite.readers import Readers
from affidavit.storage.sqlite.rows import int64
from affidavit.storage.sqlite.statements import statements

ROLL_CHAINS = 4_000
"""Chains whose leaves are made at once: what comes of them is taken apart in about 1 ms, in one go."""

_sql = statements("evidence.sql")


class Evidence:
    """The part of ledger.store.Store that proves the entries."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile that was sealed, as many as there are; none where there is no such tile."""
        with self._readers.snapshot(f"reading tile {number} of level {level}") as connection:
            hashes: Any = connection.execute(_sql["tile"], (int64(level), int64(number))).get
        if hashes is None:
            return b""
        if not isinstance(hashes, bytes) or len(hashes) % HASH_BYTES:
            raise StoreUnreadable(f"tile {number} of level {level} was edited or damaged: run `affidavit verify`")
        return hashes

    def checkpoint(self, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or the one of exactly this size."""
        with self._readers.snapshot("reading a checkpoint") as connection:
            if size is None:
                row = connection.execute(_sql["newest_checkpoint"]).fetchone()
            else:
                row = connection.execute(_sql["checkpoint"], (int64(size),)).fetchone()
        return row and _checkpoint(row)

    def checkpoints(self, after: int, limit: int) -> list[Checkpoint]:
        """At most `limit` checkpoints of a size beyond `after`, in ascending order."""
        with self._readers.snapshot("reading checkpoints") as connection:
            rows = connection.execute(_sql["checkpoints"], (int64(after), int64(limit)))
            return [_checkpoint(row) for row in rows]

    def roll(self) -> tuple[int, list[bytes]]:
        """The ledger's size, and every chain's leaf of the heads tree at that size, sorted by chain id."""
        leaves: list[bytes] = []
        with self._readers.snapshot("reading the heads of all chains") as connection:
            size: int = connection.execute(_sql["size"]).get
            count, last = ROLL_CHAINS, b""
            while count == ROLL_CHAINS:
                count, last, lines = connection.execute(_sql["roll"], (last, ROLL_CHAINS)).get
                leaves += lines.encode("ascii").split(b"\n") if count else []
        return size, leaves


def _checkpoint(row: Sequence[Any]) -> Checkpoint:
    """A row is believed only after a look: somebody may have edited the file."""
    if tuple(map(type, row)) != (int, bytes, bytes, int) or len(row[1]) != HASH_BYTES:
        raise StoreUnreadable(f"the checkpoint of size {row[0]} was edited or damaged: run `affidavit verify`")
    return Checkpoint(*row)
