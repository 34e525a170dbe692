"""Idempotency-Key, on every route that records: the first answer is given again, and nothing is recorded twice."""

from __future__ import annotations

import uuid

import pytest

from affidavit import dialects
from tests.wire.callers import Callers, entries
from tests.wire.refusals import is_refused
from tests.wire.reports import REPORTS, Report, is_again, pecta_evaluation, told


def test_every_route_that_records_is_here() -> None:
    routes = {(dialect.name, route.path) for dialect in dialects.load().values() for route in dialect.ingests}
    assert {(report.dialect, report.path) for report in REPORTS} == routes


def test_the_first_answer_again(callers: Callers, report: Report, key: str) -> None:
    client = callers(report.dialect)
    subject = report.subject(client)
    before = entries(callers.server.data)
    first = report.send(client, subject, key)
    assert (first.status_code, is_again(first)) == (report.status, False), first.text
    for mount in ("", f"/{report.dialect}"):
        again = report.send(client, subject, key, mount=mount)
        assert told(again) == told(first)
        assert is_again(again)
    assert entries(callers.server.data) == before + report.entries


def test_another_body_is_refused(callers: Callers, report: Report, key: str) -> None:
    client = callers(report.dialect)
    subject = report.subject(client)
    first = report.send(client, subject, key)
    before = entries(callers.server.data)
    other = report.send(client, subject, key, note="-other")
    assert is_refused(report.dialect, other, 422), other.text
    assert "affidavit-entries" not in other.headers
    assert entries(callers.server.data) == before
    assert told(report.send(client, subject, key)) == told(first)


def test_other_workspaces_and_routes_are_independent(callers: Callers, key: str) -> None:
    """The same key everywhere: each is a request of its own."""
    before = entries(callers.server.data)
    registrations, expected = 0, 0
    for workspace in ("default", "neighbours"):
        for report in REPORTS:
            if not report.name:
                client = callers(report.dialect, workspace)
                subject = report.subject(client)
                registrations += subject.startswith("ASN-")
                expected += report.entries
                answer = report.send(client, subject, key)
                assert (answer.status_code, is_again(answer)) == (report.status, False), report
    assert entries(callers.server.data) == before + expected + registrations


def test_two_subjects_of_one_route_are_two_requests(callers: Callers, key: str) -> None:
    """The body says nothing of the agent there, the path does."""
    client = callers("asn")
    ends = next(report for report in REPORTS if report.path.endswith("/deactivate"))
    for subject in [ends.subject(client) for _ in range(2)]:
        answer = ends.send(client, subject, key)
        assert (answer.json()["asn"], answer.json()["status"]) == (subject, "deactivated")
        assert not is_again(answer)


def test_a_refused_request_does_not_use_the_key_up(callers: Callers, report: Report, key: str) -> None:
    client = callers(report.dialect)
    subject, headers = report.subject(client), {"Idempotency-Key": key}
    path = report.path.replace("{asn}", subject)
    assert is_refused(report.dialect, client.post(path, content=b'{"events', headers=headers), 400)
    with callers.client() as nobody:
        assert is_refused(report.dialect, nobody.post(path, content=b"{}", headers=headers), 401)
    assert client.get(path, headers=headers).status_code in (200, 401, 404, 405)
    accepted = report.send(client, subject, key)
    assert (accepted.status_code, is_again(accepted)) == (report.status, False)


def test_what_was_checked_and_refused_does_not_use_the_key_up(callers: Callers, key: str) -> None:
    """An agent that is not there yet."""
    client, asn = callers("asn"), "ASN-2026-7777-7777-X"
    report = next(report for report in REPORTS if report.path.endswith("/report"))
    assert is_refused("asn", report.send(client, asn, key), 404)
    client.post("/api/v1/agents", json={"name": "late", "class": "A", "asn": asn}).raise_for_status()
    accepted = report.send(client, asn, key)
    assert (accepted.status_code, is_again(accepted)) == (201, False)


@pytest.mark.parametrize("malformed", [b"", b"k" * 256, b"a\tb", b"a\xa0b"])
def test_a_malformed_key_is_refused(callers: Callers, report: Report, malformed: bytes) -> None:
    client = callers(report.dialect)
    subject = report.subject(client)
    before = entries(callers.server.data)
    path, headers = report.path.replace("{asn}", subject), {b"Idempotency-Key": malformed}
    refused = client.post(path, json=report.body(subject, ""), headers=headers)
    assert is_refused(report.dialect, refused, 400), refused.text
    assert entries(callers.server.data) == before


@pytest.mark.parametrize("good", [b"k", b"k" * 255, b'"8e03978e-40d5-43dd-bc93-6894a57f9324"', b"a b", "é".encode()])
def test_any_printable_key_is_taken(callers: Callers, good: bytes) -> None:
    client, path = callers("agentlens"), "/api/events"
    report = next(report for report in REPORTS if report.path == path)
    body = report.body("the same", "")
    answers = [client.post(path, json=body, headers={b"Idempotency-Key": good}) for _ in range(2)]
    assert [is_again(answer) for answer in answers] == [False, True]


def test_what_recorded_nothing_does_not_use_the_key_up(callers: Callers) -> None:
    """An agent that was known already; a batch of which nothing was taken. The same is answered the same anyway."""
    known = {"agent_id": "known"}
    callers("pecta").post("/v1/agents", json=known).raise_for_status()
    for dialect, path, body, other in (
        ("pecta", "/v1/agents", known, {"agent_id": "not yet known"}),
        ("provenlog", "/v1/batch", [{}], [{"agent_id": "a"}]),
    ):
        headers, before = {"Idempotency-Key": str(uuid.uuid4())}, entries(callers.server.data)
        first, again = (callers(dialect).post(path, json=body, headers=headers) for _ in range(2))
        assert first.is_success
        assert told(again) == told(first)
        assert entries(callers.server.data) == before
        assert callers(dialect).post(path, json=other, headers=headers).is_success
        assert entries(callers.server.data) == before + 1


def test_a_score_is_told_as_it_was(callers: Callers, key: str) -> None:
    """However many events have come in between; and a repeated request counts once."""
    client, agent, headers = callers("pecta"), str(uuid.uuid4()), {"Idempotency-Key": key}
    passes, failures = ({"events": [pecta_evaluation(agent, passed=passed)] * 10} for passed in (True, False))
    first = client.post("/v1/ingest", json=passes, headers=headers)
    later = client.post("/v1/ingest", json=failures)
    assert later.json()["reputation_updates"][0]["score"] < first.json()["reputation_updates"][0]["score"]
    for _ in range(3):
        assert told(client.post("/v1/ingest", json=passes, headers=headers)) == told(first)
    reputation = client.get(f"/v1/reputation/{agent}").json()
    assert (reputation["evaluations"], reputation["passed"], reputation["streak"]) == (20, 10, 0)
    assert reputation["score"] == later.json()["reputation_updates"][0]["score"]


def test_without_a_key_every_request_is_its_own(callers: Callers, report: Report) -> None:
    if report.path in ("/v1/agents", "/api/v1/agents/{asn}/deactivate"):
        pytest.skip("the dialect itself takes this once only")
    client = callers(report.dialect)
    subject = report.subject(client)
    before = entries(callers.server.data)
    answers = [report.send(client, subject, None) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [report.status] * 2
    assert answers[0].headers["affidavit-entries"] != answers[1].headers["affidavit-entries"]
    assert entries(callers.server.data) == before + 2 * report.entries
