"""Idempotency-Key under pressure: duplicates that come at once, a server that was killed or started anew."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from tests.running import Running
from tests.storing import Storing
from tests.wire.callers import Callers, credential, entries
from tests.wire.refusals import is_refused
from tests.wire.reports import REPORTS, Report, is_again, told

AT_ONCE = 20


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


def test_it_holds_across_a_kill_and_a_restart(data: Path, storing: Storing) -> None:
    server = storing.start(data)
    kept = Told(server)
    try:
        kept.send_all(server)
        server.kill()
        before = entries(data)
        server = storing.start(data)
        kept.check_all(server)
        assert server.stop() == 0
        server = storing.start(data)
        kept.check_all(server)
    finally:
        server.stop()
    assert entries(data) == before
