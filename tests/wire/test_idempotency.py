"""Idempotency-Key, on every route that records: the first answer is given again, and nothing is recorded twice."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from affidavit import dialects
from tests.running import Running, start
from tests.wire.callers import Callers, credential, entries
from tests.wire.refusals import is_refused
from tests.wire.reports import REPORTS, Report, pecta_evaluation

AT_ONCE = 20


@pytest.fixture(params=REPORTS, ids=str)
def report(request: pytest.FixtureRequest) -> Report:
    """A route that records, with a request it takes."""
    found: Report = request.param
    return found


@pytest.fixture
def key() -> str:
    """An Idempotency-Key that nobody has used."""
    return str(uuid.uuid4())


def told(answer: httpx.Response) -> tuple[int, bytes, str | None]:
    """All that must be the same when it is told again."""
    return answer.status_code, answer.content, answer.headers.get("affidavit-entries")


def is_again(answer: httpx.Response) -> bool:
    """Whether the answer says that it was given before."""
    return answer.headers.get("idempotency-replayed") == "true"


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


def test_many_at_once_are_recorded_once(callers: Callers, report: Report, key: str) -> None:
    client = callers(report.dialect)
    subject = report.subject(client)
    before, together = entries(callers.server.data), threading.Barrier(AT_ONCE)

    def send(_: int) -> httpx.Response:
        together.wait()
        return report.send(client, subject, key)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(send, range(AT_ONCE)))
    assert {told(answer) for answer in answers} == {told(answers[0])}
    assert answers[0].status_code == report.status
    assert sum(not is_again(answer) for answer in answers) == 1
    assert entries(callers.server.data) == before + report.entries


def test_of_two_bodies_at_once_one_is_recorded(callers: Callers, report: Report, key: str) -> None:
    client = callers(report.dialect)
    subject = report.subject(client)
    before, together = entries(callers.server.data), threading.Barrier(AT_ONCE)

    def send(number: int) -> httpx.Response:
        together.wait()
        return report.send(client, subject, key, note=f"-{number % 2}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(send, range(AT_ONCE)))
    recorded = [answer for answer in answers if answer.status_code == report.status]
    assert len(recorded) == AT_ONCE // 2
    assert len({told(answer) for answer in recorded}) == 1
    assert all(is_refused(report.dialect, answer, 422) for answer in answers if answer not in recorded)
    assert entries(callers.server.data) == before + report.entries


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


class Told:
    """What a client kept of a server that has ended: a key a dialect, and what it sent and was told."""

    def __init__(self, server: Running) -> None:
        self._tokens = {report.dialect: server.key(report.dialect) for report in REPORTS}
        self._sent: list[tuple[Report, str, str, tuple[Any, ...]]] = []

    def send_all(self, server: Running) -> None:
        """Send one of each."""
        for report, client in self._clients(server):
            subject, key = report.subject(client), str(uuid.uuid4())
            self._sent.append((report, subject, key, told(report.send(client, subject, key))))

    def check_all(self, server: Running) -> None:
        """Send each again, and another body."""
        for (report, client), (_, subject, key, first) in zip(self._clients(server), self._sent, strict=True):
            again = report.send(client, subject, key)
            assert (told(again), is_again(again)) == (first, True)
            assert is_refused(report.dialect, report.send(client, subject, key, note="-other"), 422)

    def _clients(self, server: Running) -> Iterator[tuple[Report, httpx.Client]]:
        for report in REPORTS:
            headers = credential(report.dialect, self._tokens[report.dialect])
            with httpx.Client(base_url=server.base_url, headers=headers) as client:
                yield report, client


def test_it_holds_across_a_kill_and_a_restart(data: Path) -> None:
    server = start(data)
    kept = Told(server)
    try:
        kept.send_all(server)
        server.kill()
        before = entries(data)
        server = start(data)
        kept.check_all(server)
        assert server.stop() == 0
        server = start(data)
        kept.check_all(server)
    finally:
        server.stop()
    assert entries(data) == before
