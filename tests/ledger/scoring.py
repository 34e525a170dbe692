"""A ledger whose agents are scored, in two dialects: chains that are agents, and chains that are sessions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.errors import StoreFailed
from affidavit.ledger.scores import Scores
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Draft, Projection, Submission, Workspace
from affidavit.model.evidence import Evidence
from affidavit.model.query import Head
from affidavit.model.score import Score, Subject
from affidavit.reputation.asn import Trust
from affidavit.reputation.beta import Beta
from affidavit.reputation.pecta import Pecta
from affidavit.storage.memory import MemoryStore
from tests.committing import commit

BY_AGENT, BY_SESSION = "byagent", "bysession"
DIALECTS = (BY_AGENT, BY_SESSION)
SCORERS = (Pecta(), Trust(), Beta())
ALGORITHMS = tuple(scorer.algorithm for scorer in SCORERS)
ALICE, BOB = Workspace(1, "alice", b"a" * 16), Workspace(2, "bob", b"b" * 16)
AT = 1_790_000_000_000_000

PASSED: Mapping[str, Any] = {"outcome": "success", "ms": 4}
FAILED: Mapping[str, Any] = {"outcome": "failure", "ms": 4}
NEUTRAL: Mapping[str, Any] = {"outcome": "neutral"}
SAYS_NOTHING: Mapping[str, Any] = {"outcome": None}


def evidence_of(payload: Any) -> Evidence | None:
    """The evidence in a test's payload. Raises ValueError for anything else."""
    if "outcome" not in payload:
        raise ValueError("not a payload of these tests")
    if payload["outcome"] is None:
        return None
    return Evidence(payload["outcome"], "event", tool=payload.get("tool"), latency_ms=payload.get("ms"))


class Store(MemoryStore):
    """Notes the places that are read, and fails where it is told to."""

    def __init__(self, *, shared: bool = False) -> None:
        super().__init__(shared=shared)
        self.read: list[int] = []
        self.calls = 0
        self.fails_after: int | None = None
        self.before_reading: Callable[[], None] = lambda: None

    def heads(self, chains: Sequence[bytes]) -> Mapping[bytes, Head]:
        """As it is, unless it fails."""
        self._fail()
        return super().heads(chains)

    def scan_chain(self, chain: bytes, after_seq: int, limit: int) -> list[Entry]:
        """As it is, unless it fails."""
        return self._note(super().scan_chain(chain, after_seq, limit))

    def scan_agent(self, workspace: int, dialect: str, agent: str, after: int, limit: int) -> list[Entry]:
        """Looks at every entry."""
        sought = (workspace, dialect, agent)
        found = [entry for entry in self._entries if (entry.workspace, entry.dialect, entry.agent) == sought]
        return self._note([entry for entry in found if entry.position > after][:limit])

    def _note(self, entries: list[Entry]) -> list[Entry]:
        self.before_reading()
        self._fail()
        self.calls += 1
        self.read += [entry.position for entry in entries]
        return entries

    def _fail(self) -> None:
        if self.fails_after is not None:
            self.fails_after -= 1
            if self.fails_after < 0:
                raise StoreFailed("the disk is gone for a moment")

    def replace(self, entry: Entry) -> None:
        """Somebody edits the file."""
        self._entries[entry.position] = entry


class Ledger:
    """Appends, and forgets nothing."""

    def __init__(self, *, limit: int = 100, store: Store | None = None) -> None:
        self.store = store or Store()
        self._sequencer = Sequencer(self.store, "test.example/scores", entropy=os.urandom)
        self.scores = self.fresh_scores(limit=limit)

    def fresh_scores(self, *, limit: int = 100) -> Scores:
        """Scores that remember nothing: what there is after a restart."""
        evidence = dict.fromkeys(DIALECTS, evidence_of)
        return Scores(self.store, SCORERS, evidence, chained_by_agent={BY_AGENT}, limit=limit)

    def append(
        self,
        *payloads: Mapping[str, Any],
        agents: Sequence[str | None] = ("agent",),
        sessions: Sequence[str] = ("session",),
        dialect: str = BY_AGENT,
        workspace: Workspace = ALICE,
        at: int = AT,
    ) -> list[Entry]:
        """One request: the payloads of these agents, and in these sessions, by turns."""
        drafts = []
        for index, payload in enumerate(payloads):
            agent, session = agents[index % len(agents)], sessions[index % len(sessions)]
            key = (agent or "nobody") if dialect == BY_AGENT else session
            drafts.append(Draft(canonical.encode(dict(payload)), Projection(key, agent, session, "event", None, None)))
        return commit(self._sequencer, Submission(workspace, dialect, "key_1", at, drafts))

    def answer(self, entries: Sequence[Entry], algorithm: str) -> list[Score]:
        """What the clients of a request that recorded these entries are told, agent by agent."""
        newest = {entry.agent: entry for entry in entries if entry.agent is not None}
        return [self.scores.as_of(entry, algorithm, entry.at) for entry in newest.values()]


def subject(dialect: str = BY_AGENT, *, agent: str = "agent", workspace: Workspace = ALICE) -> Subject:
    """An agent of these tests."""
    return Subject(workspace, dialect, agent)
