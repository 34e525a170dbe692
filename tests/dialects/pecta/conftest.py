"""Pecta without a server: its routes over a real sequencer, a real reader and a store in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer, Ingest, Read, Request
from affidavit.dialects.pecta import DIALECT
from affidavit.errors import Refused
from affidavit.ledger.asking import Asking
from affidavit.ledger.reader import VerifiedChains
from affidavit.ledger.scores import Scores
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Draft, Submission, Workspace
from affidavit.reputation.pecta import Pecta
from affidavit.storage.memory import MemoryStore
from tests.committing import commit
from tests.proving import proofs_of

ORIGIN = "test.example/ledger"
NOON = 1_790_000_000_000_000
"""When requests arrive unless a test says otherwise: 2026-09-21T14:13:20Z, in µs."""


def event(agent: str = "a", passed: bool = True, **more: Any) -> dict[str, Any]:
    """An evaluation with what it must have, and more."""
    return {"agent_id": agent, "passed": passed, "gates": [], "total_latency_ms": 4, **more}


class Client:
    """Asks one workspace's ledger as the server would."""

    def __init__(self, store: MemoryStore, sequencer: Sequencer, workspace: Workspace) -> None:
        self.store = store
        self.sequencer = sequencer
        scores = Scores(store, [Pecta()], {DIALECT.name: DIALECT.evidence}, chained_by_agent={DIALECT.name})
        tree = Tree(store)
        proofs = proofs_of(store, tree)
        self.reader = Asking(store, workspace, VerifiedChains(ORIGIN), scores, lambda: [workspace], NOON, tree, proofs)
        self.now = NOON
        self.secret: bytes | None = None
        self.headers: dict[str, str] = {}
        self.entries: Sequence[Entry] = ()

    def send(self, method: str, path: str, body: bytes = b"", **query: str) -> Answer:
        """The answer to a request, refusals included."""
        stem, _, last = path.rpartition("/")
        routes: tuple[Ingest | Read, ...] = (*DIALECT.ingests, *DIALECT.reads)
        route = next(r for r in routes if r.method == method and r.path in (path, f"{stem}/{{agentId}}"))
        request = Request(
            method, path, self.headers, query, {"agentId": last}, body, self.now, "key_1", lambda: self.secret
        )
        try:
            if isinstance(route, Read):
                return route.answer(request, self.reader)
            intake = route.decode(request)
            if route.check is not None:
                intake = route.check(request, intake, self.reader)
            self.entries = self._record(intake.drafts) if intake.drafts else ()
            first = intake.answer(self.entries, self.reader)
            assert intake.answer(self.entries, self.reader) == first
        except Refused as refusal:
            return DIALECT.refuse(refusal)
        return first

    def post(self, path: str, value: Any) -> tuple[int, Any]:
        """Send a JSON value, or bytes as they are. Status and parsed answer."""
        answer = self.send("POST", path, value if isinstance(value, bytes) else json.dumps(value).encode())
        return answer.status, json.loads(answer.body)

    def ingest(self, *events: Any) -> tuple[int, Any]:
        """POST /v1/ingest."""
        return self.post("/v1/ingest", {"events": list(events)})

    def get(self, path: str, query: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and parsed answer."""
        answer = self.send("GET", path, **(query or {}))
        return answer.status, json.loads(answer.body)

    def _record(self, drafts: list[Draft]) -> list[Entry]:
        return commit(self.sequencer, Submission(self.reader.workspace, DIALECT.name, "key_1", self.now, drafts))


@pytest.fixture
def tenant() -> Callable[[str], Client]:
    """Clients of any number of workspaces on one ledger."""
    store = MemoryStore()
    sequencer = Sequencer(store, ORIGIN, entropy=os.urandom)
    workspaces: dict[str, Workspace] = {}

    def client(name: str) -> Client:
        workspace = workspaces.setdefault(name, Workspace(len(workspaces) + 1, name, name.encode().ljust(16)))
        return Client(store, sequencer, workspace)

    return client


@pytest.fixture
def client(tenant: Callable[[str], Client]) -> Client:
    """The only workspace of a ledger."""
    return tenant("default")


@pytest.fixture
def filled(client: Client) -> Client:
    """Five evaluations of two agents, one a day; the last without a timestamp. And an agent that is registered only."""
    for day, (agent, passed) in enumerate([("a", True), ("b", True), ("a", False), ("b", False)], 1):
        sent = event(agent, passed, evaluation_id=str(day), timestamp=f"2026-02-{day:02}T12:00:00Z", tool=f"t{day}")
        assert client.ingest(sent)[0] == 202
    assert client.ingest(event("a", evaluation_id="5"))[0] == 202
    assert client.post("/v1/agents", {"agent_id": "c"})[0] == 201
    return client
