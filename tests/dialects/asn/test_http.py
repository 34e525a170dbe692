"""Over real HTTP: the page's examples, verbatim but for host and key, and what only a whole server can show."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from affidavit.wiring.ledger import open_store
from affidavit.wiring.place import place_in
from tests.dialects.asn import page
from tests.running import Running
from tests.storing import Storing

RATE_HEADERS = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}


def client(server: Running, *key_options: str, scopes: tuple[str, ...] = ()) -> httpx.Client:
    """A client with a key of its own."""
    key = server.new_key("asn", scopes, *key_options)["key"]
    return httpx.Client(base_url=server.base_url, headers={"Authorization": f"Bearer {key}"}, timeout=30)


def client_of_another(server: Running, name: str = "rivals") -> httpx.Client:
    """A client with a key of a workspace that only the test has."""
    store = open_store(place_in(server.data), exclusive=False)
    try:
        store.add_workspace(name, os.urandom(16))
    finally:
        store.close()
    return client(server, "--workspace", name)


def everybody(server: Running) -> httpx.Client:
    """A client without a key."""
    return httpx.Client(base_url=server.base_url, timeout=30)


def registered(owner: httpx.Client) -> str:
    """A new agent's number."""
    answer = owner.post("/api/v1/agents", json={"name": "scanner", "class": "A"})
    assert answer.status_code == 201
    return str(answer.json()["asn"])


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]


def event(asn: str) -> dict[str, str]:
    """The smallest report."""
    return {"asn": asn, "event_type": "task_completed"}


def test_the_pages_examples(server: Running) -> None:
    with client(server) as owner:
        agent = {"name": "scanner", "class": "A", "asn": page.ASN}
        assert owner.post("/api/v1/agents", json=agent).status_code == 201
        reported = owner.post("/api/v1/activity/report", content=page.REPORT)
        assert (reported.status_code, list(reported.json())) == (201, page.REPORTED)
        assert reported.headers.keys() >= RATE_HEADERS | {"affidavit-entries", "x-request-id"}
        batch = owner.post("/api/v1/activity/report/batch", content=page.BATCH)
        assert (batch.status_code, batch.json()["accepted"]) == (201, 2)
        activity = owner.get(page.ACTIVITY, params=page.ACTIVITY_QUERY)
        assert activity.status_code == 200
        assert [each["metadata"]["task_id"] for each in activity.json()["data"]] == ["scan-43", "scan-42", "scan-42"]
        assert activity.json()["data"][-1]["metadata"] == json.loads(page.REPORT)["metadata"]
        assert activity.json()["pagination"] == {"page": 1, "per_page": 20, "total": 3, "total_pages": 1}


def test_the_pages_error_codes(server: Running) -> None:
    with client(server) as owner, client(server, scopes=("read",)) as reader, everybody(server) as anyone:
        asn = registered(owner)
        assert code(owner.post("/api/v1/activity/report", json={})) == (400, "VALIDATION_ERROR")
        assert code(anyone.post("/api/v1/activity/report", json=event(asn))) == (401, "UNAUTHORIZED")
        assert code(reader.post("/api/v1/activity/report", json=event(asn))) == (403, "FORBIDDEN")
        assert code(owner.post("/api/v1/activity/report", json=event("ASN-2026-0000-0000-0"))) == (404, "NOT_FOUND")
        assert owner.post(f"/api/v1/agents/{asn}/deactivate").status_code == 200
        assert code(owner.post("/api/v1/activity/report", json=event(asn))) == (410, "AGENT_DEACTIVATED")
        assert code(owner.get("/api/v1/agents")) == (405, "METHOD_NOT_ALLOWED")
        assert code(owner.get("/api/v1/agents/x/y")) == (404, "NOT_FOUND")


@pytest.mark.parametrize("scope", ["activity:report", "write"])
def test_either_scope_reports(server: Running, scope: str) -> None:
    with client(server) as owner, client(server, scopes=(scope,)) as reporter:
        asn = registered(owner)
        assert reporter.post("/api/v1/activity/report", json=event(asn)).status_code == 201
        assert reporter.post("/api/v1/activity/report/batch", json={"events": [event(asn)]}).status_code == 201


def test_another_workspace_sees_what_everybody_sees(server: Running) -> None:
    with client(server) as owner, client_of_another(server) as rival, everybody(server) as anyone:
        asn = registered(owner)
        owner.post("/api/v1/activity/report/batch", json={"events": [event(asn)] * 60}).raise_for_status()
        for path in ("", "/trust-score", "/trust-score/history"):
            answers = [caller.get(f"/api/v1/agents/{asn}{path}").json() for caller in (owner, rival, anyone)]
            for answer in answers:
                answer.pop("computed_at", None)
            assert answers[0] == answers[1] == answers[2]
        verified = [caller.get(f"/api/v1/verify/{asn}").json() for caller in (owner, rival, anyone)]
        assert verified[0] == verified[1] == verified[2]
        totals = [caller.get(f"/api/v1/agents/{asn}/activity") for caller in (owner, rival, anyone)]
        assert [answer.json()["pagination"]["total"] for answer in totals] == [60, 50, 50]
        assert code(rival.post("/api/v1/activity/report", json=event(asn))) == (403, "FORBIDDEN")
        assert code(rival.post(f"/api/v1/agents/{asn}/deactivate")) == (403, "FORBIDDEN")
        assert code(rival.post("/api/v1/agents", json={"name": "x", "class": "A", "asn": asn})) == (409, "CONFLICT")


def test_a_number_is_given_once_however_many_ask_at_once(server: Running) -> None:
    """Asked for by name: two draws hardly ever meet."""
    wanted = {"name": "x", "class": "A", "asn": "ASN-2026-4242-4242-X"}
    with client(server) as owner, client_of_another(server, "takers") as rival, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(caller.post, "/api/v1/agents", json=wanted) for caller in (owner, rival) * 4]
        assert sorted(each.result().status_code for each in asked) == [201] + [409] * 7


def test_a_repeated_request_is_recorded_once_and_not_checked_again(server: Running) -> None:
    with client(server) as owner:
        first, again = (
            owner.post("/api/v1/agents", json={"name": "x", "class": "A"}, headers={"Idempotency-Key": "agent"})
            for _ in range(2)
        )
        assert (first.status_code, first.content) == (again.status_code, again.content)
        asn = first.json()["asn"]
        ends = [owner.post(f"/api/v1/agents/{asn}/deactivate", headers={"Idempotency-Key": "end"}) for _ in range(2)]
        assert [end.status_code for end in ends] == [200, 200]
        assert ends[0].content == ends[1].content
        assert code(owner.post(f"/api/v1/agents/{asn}/deactivate")) == (410, "AGENT_DEACTIVATED")


def test_public_reads_can_be_turned_off_and_keys_can_send_too_much(data: Path, storing: Storing) -> None:
    server = storing.start(data, environment={"AFFIDAVIT_PUBLIC_READS": "0", "AFFIDAVIT_RATE_PER_MINUTE": "5"})
    try:
        with client(server) as owner, client_of_another(server) as rival, everybody(server) as anyone:
            asn = registered(owner)
            for path in (f"/api/v1/agents/{asn}", f"/api/v1/agents/{asn}/activity", f"/api/v1/verify/{asn}"):
                assert owner.get(path).status_code == 200
                assert code(rival.get(path)) == (404, "NOT_FOUND")
                assert code(anyone.get(path)) == (401, "UNAUTHORIZED")
            answers = [owner.post("/api/v1/activity/report", json=event(asn)) for _ in range(5)]
            assert code(answers[-1]) == (429, "RATE_LIMITED")
            assert answers[-1].headers["x-ratelimit-remaining"] == "0"
            assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    finally:
        server.stop()
