"""A ledger of a few entries in two dialects, one of them hostile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import Running, start
from tests.vendors import bearer

HOSTILE = "red \x1b[31m, a line\nmore, \u202ebackwards, \x9b2J, \x7f, 日本 é, \u2028, \\u001b"
"""An agent's name that would repaint a terminal."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose server has stopped. Entries 0 and 1 are ProvenLog's, 2 AgentLens's, 3 the ledger's own."""
    server = start(tmp_path_factory.mktemp("ledger") / "data", environment={"AFFIDAVIT_HEADS_SECONDS": "86400"})
    try:
        plain = {"agent_id": "agent", "session_id": "session", "action_type": "TOOL_CALL", "duration_ms": 1.5}
        hostile = {"agent_id": HOSTILE, "session_id": HOSTILE, "action_type": HOSTILE, "action_status": "error"}
        post(server, "provenlog", "/v1/events", plain)
        post(server, "provenlog", "/v1/events", hostile)
        post(server, "agentlens", "/api/events", {"events": [agentlens_event(HOSTILE)]})
    finally:
        server.stop()
    return server.data


def post(server: Running, dialect: str, path: str, body: Any) -> Any:
    """Report something. Returns the answer."""
    response = httpx.post(server.base_url + path, json=body, headers=bearer(server.key(dialect)))
    assert response.status_code == 201, response.text
    return response.json()


def agentlens_event(agent: str, session: str = "session") -> dict[str, Any]:
    """An event of AgentLens."""
    return {
        "sessionId": session,
        "agentId": agent,
        "eventType": "custom",
        "payload": {"type": "said", "data": {"text": HOSTILE, "big": 12345678901234567890}},
    }
