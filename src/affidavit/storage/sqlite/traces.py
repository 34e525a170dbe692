"""What erased entries may have left behind in the index and in WALs, until it is cleaned."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple


class Trace(NamedTuple):
    """An entry as the index knows it: its row of the statement `traces`. `text`: the searchable part of its payload."""

    position: int
    chain: bytes
    workspace: int
    dialect: str
    agent: str | None
    session: str | None
    type: str
    severity: str | None
    time: int
    at: int
    text: str | None


class Traces:
    """Handed over by the writer's thread, cleaned by the indexer's.

    moment   held while an erasure is committed and handed over, and while the indexer takes a snapshot of the ledger:
             so that what it indexes is either from before an erasure that it still cleans, or from after one that it
             has cleaned. Never for longer than a commit
    indexed  what the index may still tell. In memory alone: after a crash the index is made anew
    wal      positions of which nothing is left but in WALs
    """

    def __init__(self, left: Iterable[int] = ()) -> None:
        """`left`: positions that an earlier process did not come to the end of."""
        self.moment = Lock()
        self.indexed: list[Trace] = []
        self.wal = list(left)

    @property
    def count(self) -> int:
        """Of how many entries something may be left."""
        return len(self.indexed) + len(self.wal)
