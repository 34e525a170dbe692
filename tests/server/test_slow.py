"""Clients that keep the server waiting are cut off, and nobody else notices."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.running import Running, start
from tests.server.endpoints import PROVENLOG
from tests.server.raw import Gone, Raw, request

DEADLINE = 30
"""Seconds until a slow client must have been cut off; the server is told to give them one."""


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without patience."""
    running = start(
        tmp_path_factory.mktemp("hasty") / "data",
        environment={"AFFIDAVIT_HEAD_SECONDS": "1", "AFFIDAVIT_BODY_SECONDS": "1", "AFFIDAVIT_IDLE_SECONDS": "2"},
    )
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def token(hasty: Running) -> str:
    return f"Bearer {hasty.key('provenlog')}"


def is_cut_off(client: Raw) -> bool:
    """Whether the server has hung up without another word."""
    return client.rest() == b""


SLOW: dict[str, Callable[[Raw, str], None]] = {
    "never speaks": lambda client, _: None,
    "half a request line": lambda client, _: client.send(b"POST /v1/ev"),
    "half a head": lambda client, _: client.send(b"POST /v1/events HTTP/1.1\r\nHost: a\r\n"),
    "half a body": lambda client, token: client.send(
        request("POST", "/v1/events", b'{"agent_id":"slow"}', Authorization=token)[:-1]
    ),
    "half a chunk": lambda client, token: client.send(
        request("POST", "/v1/events", Authorization=token, Transfer_Encoding="chunked"), b'13\r\n{"agent_id"'
    ),
    "no last chunk": lambda client, token: client.send(
        request("POST", "/v1/events", Authorization=token, Transfer_Encoding="chunked"),
        b'13\r\n{"agent_id":"slow"}\r\n',
    ),
    "half an upgrade's body": lambda client, token: client.send(
        request("POST", "/v1/events", b"{}", Authorization=token, Connection="Upgrade", Upgrade="h2c")[:-1]
    ),
}


def test_a_client_that_does_not_go_on_is_cut_off_and_nobody_else_waits(hasty: Running, token: str) -> None:
    with ExitStack() as connections, PROVENLOG.client(hasty) as normal:
        slow = {name: [connections.enter_context(Raw(hasty.base_url)) for _ in range(20)] for name in SLOW}
        for name, clients in slow.items():
            for client in clients:
                SLOW[name](client, token)
        for number in range(100):
            sent = normal.post("/v1/events", json={"agent_id": "normal"}).json()
            assert sent["sequence"] == number + 1
            assert normal.get(f"/v1/events/{sent['id']}").status_code == 200
        for name, clients in slow.items():
            assert [is_cut_off(client) for client in clients] == [True] * 20, name
        assert PROVENLOG.count(normal) == 100


BODY = b'{"agent_id":"resting"}'
UNKNOWN = request("POST", "/v1/events", BODY)
"""A request without a key, which is refused before its body is there."""
RESTING: dict[str, tuple[bytes, bytes]] = {
    "silent": (request("GET", "/healthz"), b""),
    "half the next head": (request("GET", "/healthz"), b"GET /v1/events HT"),
    "line breaks": (request("GET", "/healthz"), b"\r\n"),
    "refused, then its body": (UNKNOWN.removesuffix(BODY), BODY),
    "refused, then half its body": (UNKNOWN.removesuffix(BODY), BODY[:5]),
    "refused, then no body": (UNKNOWN.removesuffix(BODY), b""),
}
"""What a client sends, and what it sends when it has its answer."""


def test_a_connection_may_not_rest_for_ever(hasty: Running) -> None:
    with ExitStack() as connections:
        resting = {name: connections.enter_context(Raw(hasty.base_url)) for name in RESTING}
        for name, client in resting.items():
            first, then = RESTING[name]
            client.send(first)
            assert client.reply().status in (200, 401)
            client.send(then)
        for name, client in resting.items():
            assert is_cut_off(client), name


def test_a_head_that_drips_is_cut_off(hasty: Running) -> None:
    with Raw(hasty.base_url) as client:
        client.send(b"GET / HTTP/1.1\r\n")
        assert client.send_while_taken(b"A: b\r\n", most=DEADLINE * 120, pause=0.05) < DEADLINE * 120


def test_a_client_that_takes_no_answer_is_cut_off(hasty: Running, token: str) -> None:
    large = {"agent_id": "large", "metadata": {"text": "x" * 1_000_000}}
    with PROVENLOG.client(hasty) as client:
        for _ in range(2):
            assert client.post("/v1/batch", json=[large] * 15).status_code == 201
        whole = len(client.get("/v1/events?agent_id=large").content)
    assert whole > 30_000_000
    before = cut_offs(hasty)
    with Raw(hasty.base_url, receive_buffer=4096) as reader:
        reader.send(request("GET", "/v1/events?agent_id=large", Authorization=token))
        until = time.monotonic() + DEADLINE
        while cut_offs(hasty) == before:
            assert time.monotonic() < until
        with pytest.raises(Gone):
            reader.reply()


def cut_offs(server: Running) -> int:
    """How often the log says that clients were cut off."""
    return server.log.read_text().count('"slow clients cut off"')


def test_a_client_that_takes_its_answer_slowly_gets_all_of_it(hasty: Running, token: str) -> None:
    with PROVENLOG.client(hasty) as client:
        whole = client.get("/v1/events?agent_id=large").content
    with Raw(hasty.base_url, receive_buffer=1 << 16) as reader:
        reader.send(request("GET", "/v1/events?agent_id=large", Authorization=token))
        assert reader.reply(pause=0.005).body == whole
