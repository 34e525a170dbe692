"""ProvenLog without a server: its routes over a real sequencer, a real reader and a store in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer, Ingest, Read, Request
from affidavit.dialects.provenlog import DIALECT
from affidavit.errors import Refused
from affidavit.ledger.asking import Asking
from affidavit.ledger.reader import VerifiedChains
from affidavit.ledger.scores import Scores
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Submission, Workspace
from affidavit.storage.memory import MemoryStore
from tests.committing import commit
from tests.proving import proofs_of

ORIGIN = "test.example/ledger"
NOON = 1_790_000_000_000_000
"""When requests arrive unless a test says otherwise: 2026-09-21T13:46:40Z, in µs."""


class Client:
    """Asks one workspace's ledger as the server would."""

    def __init__(
        self, store: MemoryStore, sequencer: Sequencer, workspace: Workspace, verified: VerifiedChains
    ) -> None:
        self.store = store
        self.sequencer = sequencer
        self.workspace = workspace
        scores = Scores(store, (), {}, chained_by_agent=())
        tree = Tree(store)
        proofs = proofs_of(store, tree)
        self.reader = Asking(store, workspace, verified, scores, lambda: [workspace], NOON, tree, proofs)
        self.now = NOON

    def send(self, method: str, path: str, body: bytes = b"", query: dict[str, str] | None = None) -> Answer:
        """The answer to a request, refusals included."""
        stem, _, last = path.rpartition("/")
        routes: tuple[Ingest | Read, ...] = (*DIALECT.ingests, *DIALECT.reads)
        route = next(r for r in routes if r.method == method and r.path in (path, f"{stem}/{{id}}"))
        request = Request(method, path, {}, query or {}, {"id": last}, body, self.now)
        try:
            if isinstance(route, Read):
                return route.answer(request, self.reader)
            intake = route.decode(request)
            return intake.answer(self._record(intake.drafts) if intake.drafts else [], self.reader)
        except Refused as refusal:
            return DIALECT.refuse(refusal)

    def post(self, path: str, value: Any) -> tuple[int, Any]:
        """Send a JSON value, or bytes as they are. Status and parsed answer."""
        answer = self.send("POST", path, value if isinstance(value, bytes) else json.dumps(value).encode())
        return answer.status, json.loads(answer.body)

    def get(self, path: str, query: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and parsed answer."""
        answer = self.send("GET", path, query=query)
        return answer.status, json.loads(answer.body)

    def _record(self, drafts: list[Any]) -> list[Entry]:
        return commit(self.sequencer, Submission(self.workspace, DIALECT.name, "key_1", self.now, drafts))


@pytest.fixture
def tenant() -> Callable[[str], Client]:
    """Clients of any number of workspaces on one ledger."""
    store = MemoryStore({DIALECT.name: DIALECT.search_path})
    sequencer, verified = Sequencer(store, ORIGIN, entropy=os.urandom), VerifiedChains(ORIGIN)
    workspaces: dict[str, Workspace] = {}

    def client(name: str) -> Client:
        workspace = workspaces.setdefault(name, Workspace(len(workspaces) + 1, name, name.encode().ljust(16)))
        return Client(store, sequencer, workspace, verified)

    return client


@pytest.fixture
def client(tenant: Callable[[str], Client]) -> Client:
    """The only workspace of a ledger."""
    return tenant("default")
