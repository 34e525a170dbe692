"""A sequencer over a store in memory, cranked by hand, and the oracle that says whether the ledger is whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.core.verify import Verification
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.store import Batch, Rebuild
from affidavit.model.draft import Draft, Projection, Submission, Workspace
from affidavit.model.query import Head
from affidavit.storage.memory import AFTER_COMMIT, BEFORE_COMMIT, MemoryStore

ORIGIN = "test.example/ledger"
ALICE, BOB = Workspace(1, "alice", b"a" * 16), Workspace(2, "bob", b"b" * 16)
NOW = 1_790_000_000_000_000
Ticket = Future[list[Entry]]


class Watched(MemoryStore):
    """A store that counts what it is asked for, and fails when told to.

    `faults`: what the coming appends raise, one each, with when; `blind`: raised by every read of heads and size;
    `between`: called once, when the next append begins.
    """

    def __init__(self, *, shared: bool) -> None:
        super().__init__(fault=self._fail, shared=shared)
        self.appends: list[int] = []
        self.rebuilt = 0
        self.asked: list[bytes] = []
        self.faults: list[tuple[str, Exception] | None] = []
        self.blind: Exception | None = None
        self.between: Callable[[], object] | None = None

    def append(self, batch: Batch, rebuild: Rebuild | None = None) -> None:
        """Counts the attempt. A fault is used up by the attempt it was for."""
        between, self.between = self.between, None
        if between is not None:
            between()
        self.appends.append(len(batch.entries))

        def counted(heads: Mapping[bytes, Head]) -> Batch:
            self.rebuilt += 1
            assert rebuild is not None
            return rebuild(heads)

        try:
            super().append(batch, counted)
        finally:
            del self.faults[:1]

    def heads(self, chains: Sequence[bytes]) -> Mapping[bytes, Head]:
        """Notes whose heads are asked for."""
        self._look()
        self.asked += chains
        return super().heads(chains)

    def size(self) -> int:
        """As it is."""
        self._look()
        return super().size()

    def _look(self) -> None:
        if self.blind:
            raise self.blind

    def _fail(self, step: str) -> None:
        fault = self.faults[0] if self.faults else None
        if fault is not None and fault[0] == step:
            raise fault[1]


class Pipeline:
    """What a server has: a store, its sequencer, and clients that wait."""

    def __init__(self, *, shared: bool = False) -> None:
        self.store = Watched(shared=shared)
        self.sequencer = self.restarted()
        self.sent = 0

    def restarted(self) -> Sequencer:
        """Another sequencer on the same store."""
        return Sequencer(self.store, ORIGIN, entropy=os.urandom)

    def send(
        self,
        *keys: str,
        at: int = NOW,
        by: str = "key_1",
        dialect: str = "agentlens",
        workspace: Workspace = ALICE,
        to: Sequencer | None = None,
    ) -> Ticket:
        """Submit one request with an event for each chain key. Events are numbered in the order sent."""
        drafts = []
        for key in keys:
            drafts.append(Draft(canonical.encode({"key": key, "n": self.sent}), projection(key)))
            self.sent += 1
        ticket: Ticket = Future()
        (to or self.sequencer).submit(Submission(workspace, dialect, by, at, drafts), ticket)
        return ticket

    def entries(self) -> list[Entry]:
        """Everything in the store."""
        return self.store.scan(0, 1_000_000)

    def numbers(self) -> list[int]:
        """The events in the store, by the number they were sent with."""
        return numbers(self.entries())

    def assert_whole(self) -> None:
        """The oracle: every step of verification holds for the whole ledger, and no id is there twice."""
        verification = Verification(ORIGIN, {1: ALICE.salt, 2: BOB.salt}, _project)
        problems = [problem for entry in self.entries() for problem in verification.check(entry)]
        _, chains = self.store.census()
        problems += verification.check_heads((chain.id, chain.head.seq, chain.head.hash) for chain in chains)
        assert problems == []
        for field in ("id", "salt", "hash"):
            assert len({getattr(entry, field) for entry in self.entries()}) == len(self.entries())


def numbers(entries: Sequence[Entry]) -> list[int]:
    """The numbers that events were sent with."""
    return [canonical.parse(entry.payload)["n"] for entry in entries]


def projection(key: str) -> Projection:
    """Of an event for this chain."""
    return Projection(key, f"agent {key}", None, "type", None, None)


def _project(_: str, payload: bytes) -> Projection:
    return projection(canonical.parse(payload)["key"])


__all__ = ["AFTER_COMMIT", "ALICE", "BEFORE_COMMIT", "BOB", "NOW", "ORIGIN", "Pipeline", "Ticket", "Watched", "numbers"]
