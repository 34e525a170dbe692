"""Trenchcoat without a server: its routes over a real sequencer, a real reader and a store in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from affidavit.dialects.contract import Answer, Request
from affidavit.dialects.trenchcoat import DIALECT
from affidavit.errors import Refused
from affidavit.ledger.reader import Reader, VerifiedChains
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Submission, Workspace
from affidavit.storage.memory import MemoryStore
from tests.committing import commit

ORIGIN = "test.example/ledger"
NOON = 1_790_000_000_000_000
"""When requests arrive: 2026-09-21T14:13:20Z, in µs."""
SESSION = "550e8400-e29b-41d4-a716-446655440000"


def paged(**more: Any) -> dict[str, Any]:
    """An event in the page's form, but for what is given."""
    return {"event_type": "tool_use", "session_id": SESSION, "timestamp": "2026-01-01T00:00:00Z", **more}


def plugged(**more: Any) -> dict[str, Any]:
    """An event in the plugin's form, but for what is given."""
    return {"ts": "2026-01-01T00:00:00.000+00:00", "event": "tool_use", "session_id": "s1", "seq": 1, **more}


class Ledger:
    """Asks one workspace's ledger as the server would. `by`: the key of those who report."""

    def __init__(self, store: MemoryStore, sequencer: Sequencer, workspace: Workspace) -> None:
        self.store = store
        self.reader = Reader(store, workspace, VerifiedChains(ORIGIN))
        self.by = "key_1"
        self._sequencer = sequencer

    def send(self, *events: Any) -> tuple[int, Any]:
        """POST /api/v1/events with these events: status and answer, which must be the same when it is made again."""
        return self.post({"events": list(events)})

    def post(self, body: Any) -> tuple[int, Any]:
        """POST /api/v1/events with a body: bytes as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            intake = DIALECT.ingests[0].decode(Request("POST", "/api/v1/events", {}, {}, {}, raw, NOON))
        except Refused as refused:
            return read(DIALECT.refuse(refused))
        submission = Submission(self.reader.workspace, DIALECT.name, self.by, NOON, intake.drafts)
        entries = commit(self._sequencer, submission)
        answer = intake.answer(entries, self.reader)
        assert intake.answer(entries, self.reader) == answer
        return read(answer)

    def get(self, path: str, query: dict[str, str] | None = None, **headers: str) -> tuple[int, Any]:
        """GET /api/v1 and this path: status and answer."""
        (route,) = [route for route in DIALECT.reads if route.path == f"/api/v1{path}"]
        try:
            return read(route.answer(Request("GET", route.path, headers, query or {}, {}, b"", NOON), self.reader))
        except Refused as refused:
            return read(DIALECT.refuse(refused))


def read(answer: Answer) -> tuple[int, Any]:
    """Status and parsed body."""
    return answer.status, json.loads(answer.body)


@pytest.fixture
def tenant() -> Callable[[str], Ledger]:
    """Any number of workspaces on one ledger."""
    store = MemoryStore()
    sequencer = Sequencer(store, ORIGIN, entropy=os.urandom)
    workspaces: dict[str, Workspace] = {}

    def ledger(name: str) -> Ledger:
        workspace = workspaces.setdefault(name, Workspace(len(workspaces) + 1, name, name.encode().ljust(16)))
        return Ledger(store, sequencer, workspace)

    return ledger


@pytest.fixture
def ledger(tenant: Callable[[str], Ledger]) -> Ledger:
    """The only workspace of a ledger."""
    return tenant("team-a")
