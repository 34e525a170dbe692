"""How long something takes that happens after the answer, while others load the server."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from bench.events import bodies
from bench.load import Outcome, request, send

WAITING = 32
"""Requests that wait for a checkpoint at once."""
ANSWER_SECONDS = 30


def under_checkpoints(base_url: str, load: Sequence[bytes], connections: int, token: str) -> Outcome:
    """Requests that wait for their checkpoint, beside the load. Each comes right after one, and waits the longest."""
    single = list(bodies(WAITING * 4, 1, seed=2))
    waiting = [request("/api/events", body, token, {"Prefer": "wait=checkpoint"}) for body in single]
    found: list[Outcome] = []
    beside = threading.Thread(target=lambda: found.append(send(base_url, waiting, WAITING)))
    beside.start()
    while beside.is_alive():
        send(base_url, load, connections)
    beside.join()
    return found[0]


def in_streams(posted_to: str, seen_at: str, token: str, count: int) -> Outcome:
    """Events posted to one server, until the stream of another shows them. Each is posted when the last was seen."""
    outcome = Outcome(0.0, [], 0)
    started = time.perf_counter()
    listening = _connection(seen_at)
    listening.request("GET", "/api/stream", headers={"Authorization": f"Bearer {token}"})
    stream = listening.getresponse()
    stream.readline()  # it listens
    for body in bodies(count, 1, seed=3):
        sent = time.perf_counter()
        outcome.failures += not 200 <= _post(posted_to, body, token) < 300
        while not (line := stream.readline()).startswith(b"event: event"):
            if not line or time.perf_counter() > sent + ANSWER_SECONDS:
                raise ConnectionError("the stream ended, or does not show it")
        outcome.latencies.append(time.perf_counter() - sent)
    listening.close()
    outcome.seconds = time.perf_counter() - started
    return outcome


def _post(base_url: str, body: bytes, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = _connection(base_url)
    connection.request("POST", "/api/events", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def _connection(base_url: str) -> http.client.HTTPConnection:
    address = urlsplit(base_url)
    assert address.hostname
    return http.client.HTTPConnection(address.hostname, address.port, timeout=ANSWER_SECONDS)
