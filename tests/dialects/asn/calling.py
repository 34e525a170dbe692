"""ASN without a server: its routes over a real sequencer, a real reader and a store in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.dialects.asn import DIALECT
from affidavit.dialects.contract import Answer, Ingest, Intake, Read, Request
from affidavit.errors import Refused
from affidavit.ledger.asking import Asking, home_of
from affidavit.ledger.reader import VerifiedChains
from affidavit.ledger.scores import Scores
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Submission, Workspace
from affidavit.reputation.asn import Trust, TrustHistory
from affidavit.storage.memory import MemoryStore
from tests.committing import commit
from tests.proving import proofs_of

ORIGIN = "test.example/ledger"
NOON = 1_790_000_000_000_000
"""When the first request arrives: 2026-09-21T14:13:20Z, in µs."""
SECOND = 1_000_000


class Ledger:
    """One ledger with any number of workspaces. `now` moves on by a second with each request."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.sequencer = Sequencer(self.store, ORIGIN, entropy=os.urandom)
        self.scores = Scores(
            self.store, (Trust(), TrustHistory()), {DIALECT.name: DIALECT.evidence}, chained_by_agent={DIALECT.name}
        )
        self.workspaces: dict[str, Workspace] = {}
        self.now = NOON
        self.entropy = os.urandom

    def workspace(self, name: str) -> Workspace:
        """The tenant of this name, made where there is none."""
        return self.workspaces.setdefault(name, Workspace(len(self.workspaces) + 1, name, name.encode().ljust(16)))

    def reading(self, workspace: Workspace) -> Asking:
        """What a request of now may ask."""
        tree = Tree(self.store)
        return Asking(
            self.store,
            workspace,
            VerifiedChains(ORIGIN),
            self.scores,
            self.workspaces.values,
            self.now,
            tree,
            proofs_of(self.store, tree),
        )

    def home_of(self, asn: str) -> Workspace | None:
        """Whose agent this is."""
        return home_of(self.store, self.workspaces.values(), DIALECT.name, asn)

    def entries(self) -> list[Entry]:
        """All of them, oldest first."""
        return self.store.scan(0, self.store.size())

    def record(self, workspace: Workspace, drafts: list[Any]) -> list[Entry]:
        """Commit the drafts of one request."""
        return commit(self.sequencer, Submission(workspace, DIALECT.name, "key_1", self.now, drafts))


class Caller:
    """Asks a ledger as the server would. `workspace`: whose key it has; "" for a caller without one."""

    def __init__(self, ledger: Ledger, workspace: str) -> None:
        self.ledger = ledger
        self.workspace = ledger.workspace(workspace) if workspace else None
        self.answered: tuple[Intake, list[Entry]] | None = None

    def send(self, method: str, path: str, body: bytes = b"", query: Mapping[str, str] | None = None) -> Answer:
        """The answer to a request, refusals included."""
        self.ledger.now += SECOND
        route, parameters = route_of(method, path)
        by = "key_1" if self.workspace else ""
        entropy = self.ledger.entropy(16)
        request = Request(method, path, {}, query or {}, parameters, body, self.ledger.now, by, entropy=entropy)
        try:
            if isinstance(route, Read):
                return self._read(route, request)
            return self._record(route, request)
        except Refused as refusal:
            return DIALECT.refuse(refusal)

    def _record(self, route: Ingest, request: Request) -> Answer:
        assert self.workspace, "a key is asked for"
        reading, intake = self.ledger.reading(self.workspace), route.decode(request)
        if route.check:
            intake = route.check(request, intake, reading)
        entries = self.ledger.record(self.workspace, intake.drafts)
        self.answered = route.decode(request), entries
        return intake.answer(entries, reading)

    def _read(self, route: Read, request: Request) -> Answer:
        assert route.about
        home = self.ledger.home_of(route.about(request))
        if self.workspace and home in (None, self.workspace):
            return route.answer(request, self.ledger.reading(self.workspace))
        return route.answer(replace(request, by=""), self.ledger.reading(home or self.ledger.workspace("default")))

    def again(self) -> Answer:
        """The last recorded request's answer once more, as for one that is repeated with its Idempotency-Key."""
        assert self.answered
        assert self.workspace
        intake, entries = self.answered
        return intake.answer(entries, self.ledger.reading(self.workspace))

    def post(self, path: str, value: Any = None) -> tuple[int, Any]:
        """Send a JSON value, or bytes as they are. Status and parsed answer."""
        body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        answer = self.send("POST", f"/api/v1{path}", body)
        return answer.status, json.loads(answer.body)

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        """Status and parsed answer."""
        answer = self.send("GET", f"/api/v1{path}", query={name.rstrip("_"): value for name, value in query.items()})
        return answer.status, json.loads(answer.body)

    def register(self, asn: str | None = None) -> str:
        """A new agent's number."""
        status, agent = self.post("/agents", {"name": "my agent", "class": "A"} | ({"asn": asn} if asn else {}))
        assert status == 201, agent
        return str(agent["asn"])

    def report(self, asn: str, kind: str = "task_completed", **more: Any) -> tuple[int, Any]:
        """One event."""
        return self.post("/activity/report", {"asn": asn, "event_type": kind, **more})


def route_of(method: str, path: str) -> tuple[Ingest | Read, dict[str, str]]:
    """The route of a path, and what its braces matched."""
    parts = path.split("/")
    for route in (*DIALECT.ingests, *DIALECT.reads):
        wanted = route.path.split("/")
        if route.method == method and len(wanted) == len(parts):
            pairs = list(zip(wanted, parts, strict=True))
            if all(name == part or name.startswith("{") for name, part in pairs):
                return route, {name.strip("{}"): part for name, part in pairs if name.startswith("{")}
    raise AssertionError(f"there is no {method} {path}")


def error_of(answer: tuple[int, Any]) -> tuple[int, str, str]:
    """Status, code and message of a refusal, whose shape is checked."""
    status, body = answer
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message", "status"]
    assert body["error"]["status"] == status
    return status, body["error"]["code"], body["error"]["message"]
