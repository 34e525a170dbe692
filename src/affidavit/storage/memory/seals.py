"""Checkpoints and tiles, in dicts."""

from __future__ import annotations

from collections.abc import Callable

from affidavit.core import canonical
from affidavit.errors import CheckpointMoved
from affidavit.ledger.store import ChainUpdate, Checkpoint, Tiles
from affidavit.storage.memory.arrivals import Arrivals

BEFORE_SEAL = "before seal"
AFTER_SEAL = "after seal"


class Seals(Arrivals):
    """The part of ledger.store.Store that seals; with the seam for faults that all of it has."""

    _chains: dict[bytes, ChainUpdate]

    def __init__(self, fault: Callable[[str], None], *, shared: bool) -> None:
        super().__init__(shared=shared)
        self.fault = fault
        self._checkpoints: dict[int, Checkpoint] = {}
        self._tiles: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile that was sealed; none where there is no such tile."""
        return self._tiles.get((level, number), b"")

    def checkpoint(self, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or the one of exactly this size."""
        return self._checkpoints.get(max(self._checkpoints, default=0) if size is None else size)

    def checkpoints(self, after: int, limit: int) -> list[Checkpoint]:
        """At most `limit` checkpoints of a size beyond `after`, in ascending order."""
        return [self._checkpoints[size] for size in sorted(self._checkpoints) if size > after][:limit]

    def lead(self) -> bool:
        """Nobody else is there."""
        return True

    def seal(self, expected: int, checkpoint: Checkpoint, tiles: Tiles) -> None:
        """All or nothing. Raises CheckpointMoved if it does not follow the newest checkpoint."""
        newest = max(self._checkpoints, default=0)
        if not expected == newest < checkpoint.size <= len(self._entries):
            raise CheckpointMoved(f"the checkpoint of size {checkpoint.size} was built on {expected}, not on {newest}")
        self.fault(BEFORE_SEAL)
        self._checkpoints[checkpoint.size] = checkpoint
        self._tiles |= tiles
        self.fault(AFTER_SEAL)

    def roll(self) -> tuple[int, list[bytes]]:
        """The ledger's size, and every chain's leaf of the heads tree."""
        with self._moment:
            size, heads = len(self._entries), sorted((chain, one.head) for chain, one in self._chains.items())
        lines = [
            canonical.encode({"chain": chain.hex(), "head": head.hash.hex(), "seq": head.seq}) for chain, head in heads
        ]
        return size, lines
