"""POST /v1/ingest: what is recorded, and where the agents stand afterwards."""

from __future__ import annotations

import json

import pytest

from affidavit.core import canonical
from affidavit.dialects.contract import Request
from affidavit.dialects.pecta import DIALECT
from tests.dialects.pecta import page
from tests.dialects.pecta.conftest import NOON, Client, event

INGEST = next(route for route in DIALECT.ingests if route.path == "/v1/ingest")
GATE = {"name": "g", "passed": True, "latency_ms": 1}


def test_the_pages_example_gets_the_pages_answer(client: Client) -> None:
    passes, failures = page.PASSED - 1, page.EVALUATIONS - page.PASSED - 1
    before = [event("bid-agent-prod")] * passes + [event("bid-agent-prod", False)] * failures
    for start in range(0, len(before), 100):
        assert client.ingest(*before[start : start + 100])[0] == 202
    assert client.post("/v1/ingest", page.REQUEST) == (202, page.ANSWER)


def test_the_dialects_own_example_is_accepted(client: Client) -> None:
    body = DIALECT.example.partition("-d '")[2].rstrip("'")
    assert client.post("/v1/ingest", body.encode())[0] == 202


def test_what_is_recorded_is_what_was_sent(client: Client) -> None:
    client.post("/v1/ingest", page.REQUEST)
    sent = canonical.parse(page.REQUEST)["events"]
    assert [entry.payload for entry in client.entries] == [canonical.encode(one) for one in sent]
    entry = client.entries[1]
    assert (entry.agent, entry.session, entry.type, entry.severity) == ("bid-agent-prod", None, "evaluation", "error")
    assert [entry.time - client.entries[0].time for entry in client.entries] == [0, 1_000_000]
    assert [entry.seq for entry in client.entries] == [1, 2]


def test_each_agent_is_updated_once_in_order_of_first_appearance(client: Client) -> None:
    status, answer = client.ingest(event("b"), event("a", False), event("b"), event("a"), event("c", False))
    assert (status, answer["accepted"]) == (202, 5)
    # 400·1 + 250·0.96 + 200·2/50 + 150·2/500, 200 + 240 + 4 + 0.6, 0 + 240 + 0 + 0.3
    assert answer["reputation_updates"] == [
        {"agent_id": "b", "score": 648, "status": "calibrating"},
        {"agent_id": "a", "score": 444, "status": "calibrating"},
        {"agent_id": "c", "score": 240, "status": "calibrating"},
    ]


def test_an_update_is_as_of_the_requests_own_entries(client: Client) -> None:
    first = client.ingest(event())[1]
    recorded = client.entries
    client.ingest(event(passed=False))
    body = json.dumps({"events": [event()]}).encode()
    again = INGEST.decode(Request("POST", "/v1/ingest", {}, {}, {}, body, NOON + 1)).answer(recorded, client.reader)
    assert json.loads(again.body) == first
    assert INGEST.asks


@pytest.mark.parametrize(
    ("evaluations", "status"), [(1, "calibrating"), (49, "calibrating"), (50, "active"), (99, "active")]
)
def test_the_stages(client: Client, evaluations: int, status: str) -> None:
    assert client.ingest(*[event()] * evaluations)[1]["reputation_updates"][0]["status"] == status


def test_a_skipped_gate_counts_neither_for_nor_against(client: Client) -> None:
    against, favour = ({**GATE, "passed": passed, "skipped": True} for passed in (False, True))
    client.ingest(event("a", gates=[against, GATE]), event("b", False, gates=[favour]))
    assert client.get("/v1/reputation/a")[1]["passed"] == 1
    assert client.get("/v1/reputation/b")[1]["passed"] == 0
