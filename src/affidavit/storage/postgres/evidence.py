"""Tiles, checkpoints and the leaves of the heads tree, read. Any thread may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from affidavit.core.merkle import HASH_BYTES
from affidavit.errors import StoreUnreadable
from affidavit.ledger.store import Checkpoint
from affidavit.storage.postgres.readers import Readers
from affidavit.storage.postgres.rows import int64
from affidavit.storage.postgres.statements import statements

ROLL_CHAINS: Final = 4_000
"""Chains whose leaves are made at once."""

_sql = statements("evidence.sql")
_size = statements("read.sql")["size"]


class Evidence:
    """The part of ledger.store.Store that proves the entries."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile that was sealed, as many as there are; none where there is no such tile."""
        if level > 63:
            return b""
        doing, values = f"reading tile {number} of level {level}", {"level": level, "number": int64(number)}
        row = self._readers.row(doing, _sql["tile"], values, placed=False)
        hashes: bytes = row[0] if row else b""
        if len(hashes) % HASH_BYTES:
            raise StoreUnreadable(f"tile {number} of level {level} was edited or damaged: run `affidavit verify`")
        return hashes

    def checkpoint(self, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or the one of exactly this size."""
        doing = "reading a checkpoint"
        if size is None:
            row = self._readers.row(doing, _sql["newest_checkpoint"], placed=False)
        else:
            row = self._readers.row(doing, _sql["checkpoint"], {"size": int64(size)}, placed=False)
        return None if row is None else _checkpoint(row)

    def checkpoints(self, after: int, limit: int) -> list[Checkpoint]:
        """At most `limit` checkpoints of a size beyond `after`, in ascending order."""
        values = {"after": int64(after), "limit": int64(limit)}
        return [
            _checkpoint(row)
            for row in self._readers.rows("reading checkpoints", _sql["checkpoints"], values, placed=False)
        ]

    def roll(self) -> tuple[int, list[bytes]]:
        """The ledger's size, and every chain's leaf of the heads tree at that size, sorted by chain id."""
        leaves: list[bytes] = []
        with self._readers.snapshot("reading the heads of all chains") as cursor:
            size = cursor.execute(_size).fetchone()
            count, last = ROLL_CHAINS, b""
            while count == ROLL_CHAINS:
                stretch = cursor.execute(_sql["roll"], {"after": last, "limit": ROLL_CHAINS}).fetchone()
                count, last, lines = stretch or (0, b"", "")
                leaves += lines.encode("ascii").split(b"\n") if count else []
        return size[0] if size else 0, leaves


def _checkpoint(row: Sequence[Any]) -> Checkpoint:
    """A row is believed only after a look: somebody may have edited it."""
    if len(row[1]) != HASH_BYTES:
        raise StoreUnreadable(f"the checkpoint of size {row[0]} was edited or damaged: run `affidavit verify`")
    return Checkpoint(*row)
