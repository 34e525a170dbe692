"""AgentLens without a server: its routes over a real sequencer, a real reader and a store in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import pytest

from affidavit.core.entry import Entry
from affidavit.dialects.agentlens import DIALECT
from affidavit.dialects.contract import Request
from affidavit.errors import Refused
from affidavit.ledger.reader import Reader, VerifiedChains
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Submission, Workspace
from affidavit.storage.memory import MemoryStore
from tests.committing import commit

from .examples import REQUIRED, decode_events, event

ORIGIN = "test.example/ledger"
NOON = 1_770_552_000_000_000
"""Now, unless a test says otherwise: 2026-02-08T12:00:00Z, in µs."""


class Client:
    """Asks one workspace's ledger as the server would. `now`: µs since 1970."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.sequencer = Sequencer(self.store, ORIGIN, entropy=os.urandom)
        self.workspace = Workspace(1, "team-a", b"w" * 16)
        self.reader = Reader(self.store, self.workspace, VerifiedChains(ORIGIN))
        self.now = NOON

    def record(self, *events: dict[str, Any]) -> list[Entry]:
        """POST /api/events."""
        drafts = decode_events(*events)
        return commit(self.sequencer, Submission(self.workspace, DIALECT.name, "key_1", self.now, drafts))

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        """Status and parsed answer of a read; `from_` is the parameter `from`."""
        asked = {name.rstrip("_"): value for name, value in query.items()}
        for route in DIALECT.reads:
            parts, wanted = path.split("/"), route.path.split("/")
            if len(parts) == len(wanted) and all(b in (a, "{id}") for a, b in zip(parts, wanted, strict=True)):
                given = {b[1:-1]: a for a, b in zip(parts, wanted, strict=True) if b == "{id}"}
                try:
                    answer = route.answer(Request("GET", path, {}, asked, given, b"", self.now), self.reader)
                except Refused as refused:
                    answer = DIALECT.refuse(refused)
                return answer.status, json.loads(answer.body)
        raise AssertionError(f"no route for {path}")


@pytest.fixture
def client() -> Client:
    """The only workspace of an empty ledger."""
    return Client()


def at(clock: str, day: str = "2026-02-08") -> str:
    """A timestamp: `at("11:00")`."""
    return f"{day}T{clock}:00Z"


def run(session: str, kinds: Sequence[str], clock: str = "11:45", **more: Any) -> list[dict[str, Any]]:
    """Events of a session, each of the smallest payload of its type, all at the same time."""
    return [event(kind, REQUIRED[kind], sessionId=session, timestamp=at(clock), **more) for kind in kinds]
