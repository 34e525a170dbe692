"""Live streams over real HTTP: who listens gets what is committed from then on, and nothing that is not theirs."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from affidavit.access.admission import FRESH_SECONDS
from tests.conftest import Starter
from tests.running import Running, run

SECONDS = 10


class Listener:
    """A client of a stream. Reads with a deadline; keeps what came."""

    def __init__(self, base_url: str, path: str, token: str) -> None:
        address = urlsplit(base_url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=SECONDS)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        self.received = b""
        self.until(b"\r\n\r\n")

    def until(self, text: bytes) -> str:
        """Everything received, once the text is in it."""
        while text not in self.received:
            part = self.socket.recv(65536)
            assert part, f"the stream ended: {self.received!r}"
            self.received += part
        return self.received.decode()

    def ended(self) -> bool:
        """Whether the server hangs up, after whatever it still sends."""
        while part := self.socket.recv(65536):
            self.received += part
        return True


@contextmanager
def listening(base_url: str, token: str, query: str = "") -> Iterator[Listener]:
    """A listener of /api/stream that is admitted."""
    listener = Listener(base_url, f"/api/stream{query}", token)
    try:
        yield listener
    finally:
        listener.socket.close()


def post(server: Running, token: str, session: str, word: str = "x") -> None:
    """One AgentLens event."""
    event = {"sessionId": session, "agentId": "a", "eventType": "custom", "payload": {"type": word, "data": {}}}
    answer = httpx.post(
        f"{server.base_url}/api/events", json={"events": [event]}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 201


def test_a_listener_gets_what_is_committed_from_then_on(server: Running) -> None:
    token = server.key("agentlens")
    post(server, token, "live-before", "earlier")
    with listening(server.base_url, token) as one, listening(server.base_url, token) as two:
        head = one.until(b"\r\n\r\n").lower()
        assert " 200 " in head.splitlines()[0]
        assert "content-type: text/event-stream" in head
        post(server, token, "live-1", "first")
        post(server, token, "live-2", "second")
        for listener in (one, two):
            received = listener.until(b"live-2")
            assert received.index("live-1") < received.index("live-2")
            assert "live-before" not in received


def test_only_what_was_asked_for_comes(server: Running) -> None:
    token = server.key("agentlens")
    with listening(server.base_url, token, "?sessionId=live-mine") as listener:
        post(server, token, "live-other")
        post(server, token, "live-mine")
        assert "live-other" not in listener.until(b"live-mine")


def test_another_dialects_entries_do_not_come(server: Running) -> None:
    token = server.key("agentlens")
    other = server.new_key("provenlog")["key"]
    with listening(server.base_url, token) as listener:
        answer = httpx.post(
            f"{server.base_url}/v1/events", json={"agent_id": "foreign"}, headers={"Authorization": f"Bearer {other}"}
        )
        assert answer.status_code == 201
        post(server, token, "live-own")
        assert "foreign" not in listener.until(b"live-own")


def test_without_a_key_or_scope_nothing_is_streamed(server: Running) -> None:
    assert httpx.get(f"{server.base_url}/api/stream").status_code == 401
    token = server.key("agentlens", ["write"])
    answer = httpx.get(f"{server.base_url}/api/stream", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


def test_the_end_of_a_key_is_the_end_of_its_streams(server: Running) -> None:
    token, gone = server.key("agentlens"), server.new_key("agentlens")
    with listening(server.base_url, gone["key"]) as listener:
        post(server, token, "live-kept")
        listener.until(b"live-kept")
        assert run("key", "revoke", gone["id"], "--data", server.data).returncode == 0
        time.sleep(FRESH_SECONDS)
        post(server, token, "live-not-theirs")
        assert "live-not-theirs" not in listener.until(b"\r\n0\r\n\r\n")


def test_head_tells_of_the_stream_and_ends(server: Running) -> None:
    answer = httpx.head(f"{server.base_url}/api/stream", headers={"Authorization": f"Bearer {server.key('agentlens')}"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")


def test_the_end_of_the_server_is_the_end_of_the_stream(data: Path, starter: Starter) -> None:
    server = starter(data)
    with listening(server.base_url, server.key("agentlens")) as listener:
        assert server.stop() == 0
        assert listener.ended()


def test_nothing_is_missed_under_load(server: Running) -> None:
    count = 50
    token = server.key("agentlens")
    with listening(server.base_url, token, "?sessionId=live-load") as listener:
        for number in range(count):
            post(server, token, "live-load", f"word-{number}-")
        received = listener.until(f"word-{count - 1}-".encode())
    data = [json.loads(line.removeprefix("data: ")) for line in received.splitlines() if "live-load" in line]
    words = [json.dumps(event) for event in data]
    assert [number for number in range(count) if any(f"word-{number}-" in word for word in words)] == list(range(count))
