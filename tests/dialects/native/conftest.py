"""The native API without a server: its routes over a real sequencer, a real reader and a store in memory."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer, Read, Request
from affidavit.dialects.native import DIALECT
from affidavit.errors import Refused
from affidavit.ledger.asking import Asking
from affidavit.ledger.heads import heads_due
from affidavit.ledger.reader import VerifiedChains
from affidavit.ledger.scores import Scores
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.store import Checkpoint
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Draft, Projection, Submission, Workspace
from affidavit.model.evidence import Evidence
from affidavit.reputation.beta import Beta
from affidavit.reputation.pecta import Pecta
from affidavit.server.router import Match, Router
from affidavit.storage.memory import MemoryStore
from tests.committing import commit
from tests.proving import ORIGIN, proofs_of, sealer_of

NOON = 1_790_000_000_000_000
"""When requests arrive: 2026-09-21T14:13:20Z, in µs."""
ONE, TWO = "one", "two"
"""The dialects of the ledger: chains are agents in the first, sessions in the second."""


def draft(agent: str = "a", session: str | None = "s", kind: str = "note", **more: Any) -> Draft:
    """An event. `time`, `severity` and `chain` are projected, the rest of `more` is in the payload."""
    time, severity, chain = more.pop("time", None), more.pop("severity", "info"), more.pop("chain", agent)
    payload = canonical.encode({"agent": agent, "kind": kind, **more})
    return Draft(payload, Projection(chain, agent, session, kind, severity, time))


class Client:
    """Asks one workspace's ledger as the server would."""

    def __init__(self, workspace: Workspace, store: MemoryStore, sequencer: Sequencer) -> None:
        self.store = store
        self.workspace = workspace
        self.sequencer = sequencer
        scores = Scores(
            store,
            [Pecta(), Beta()],
            dict.fromkeys((ONE, TWO), lambda payload: Evidence("success", payload["kind"])),
            chained_by_agent={ONE},
        )
        tree = Tree(store)
        proofs = proofs_of(store, tree)
        self.reading = Asking(store, workspace, VerifiedChains(ORIGIN), scores, lambda: [workspace], NOON, tree, proofs)
        self._sealer = sealer_of(store, tree)

    def record(self, *drafts: Draft, dialect: str = ONE, at: int = NOON) -> list[Entry]:
        """Commit events."""
        return commit(self.sequencer, Submission(self.workspace, dialect, "key_1", at, list(drafts)))

    def seal(self, *, heads: bool = False) -> Checkpoint:
        """A checkpoint over all there is, after heads where they are asked for."""
        submission = heads_due(self.store, NOON) if heads else None
        if submission is not None:
            commit(self.sequencer, submission)
        checkpoint = self._sealer.seal(NOON)
        assert checkpoint is not None
        return checkpoint

    def ask(self, path: str, **query: Any) -> Answer:
        """The answer to a GET below /v1/affidavit, or of a whole path that begins with a slash; refusals included."""
        whole = path if path.startswith("/") else f"/v1/affidavit/{path}"
        found = Router([DIALECT]).resolve("GET", whole, {}).found
        assert isinstance(found, Match)
        assert isinstance(found.route, Read)
        given = {name: str(value) for name, value in query.items()}
        try:
            return found.route.answer(Request("GET", whole, {}, given, found.parameters, b"", NOON), self.reading)
        except Refused as refusal:
            return DIALECT.refuse(refusal)

    def get(self, path: str, **query: Any) -> Any:
        """What is answered with 200."""
        answer = self.ask(path, **query)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def refused(self, path: str, **query: Any) -> tuple[int, str]:
        """Status and words of a refusal."""
        answer = self.ask(path, **query)
        body = json.loads(answer.body)
        assert body.pop("status") == answer.status
        return answer.status, body.pop("error")

    def walk(self, path: str, **query: Any) -> list[Any]:
        """All that a list gives, page by page."""
        found: list[Any] = []
        body = self.get(path, **query)
        while True:
            found += body[path]
            if body["next"] is None:
                return found
            body = self.get(path, **query, cursor=body["next"])


@pytest.fixture
def clients() -> tuple[Client, Client]:
    """Two workspaces on one ledger."""
    store = MemoryStore({ONE: "$", TWO: "$"}, origin=ORIGIN)
    sequencer = Sequencer(store, ORIGIN, entropy=os.urandom)
    alice, bob = (Workspace(number, name, name.encode().ljust(16)) for number, name in ((1, "alice"), (2, "bob")))
    return Client(alice, store, sequencer), Client(bob, store, sequencer)


@pytest.fixture
def client(clients: tuple[Client, Client]) -> Client:
    """The first of them."""
    return clients[0]
