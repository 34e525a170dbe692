"""A connection under any ASGI application: streams, faults, and room for so many clients and no more."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import Mock

import pytest
import structlog
import uvloop

from affidavit.server.call import SLICE_BYTES
from affidavit.server.clients import Clients, Timeouts
from affidavit.server.connection import Connection
from tests.server.raw import SECONDS, Raw, chunked, request

PATIENT = Timeouts(head_seconds=60, body_seconds=60, idle_seconds=60, drain_seconds=60)
Head = tuple[bytes, bytes]


@contextmanager
def serving(app: Any, *, most: int = 100) -> Iterator[str]:
    """An application behind connections, in a thread of its own. Gives its base URL."""
    loop = uvloop.new_event_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    clients = loop.run_until_complete(_clients(app, most))
    server = loop.run_until_complete(loop.create_server(lambda: Connection(clients), sock=listener))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(clients.drain(), loop).result(SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SECONDS)
        loop.close()


async def _clients(app: Any, most: int) -> Clients:
    return Clients(app, asyncio.get_running_loop(), PATIENT, most)


def streaming(parts: list[bytes], *headers: Head, status: int = 200) -> Any:
    """An application that answers in parts."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})

    return app


def test_an_answer_of_unknown_length_comes_in_chunks() -> None:
    parts = [b"first", b"", b"x" * (3 * SLICE_BYTES + 1), b"last"]
    with serving(streaming(parts)) as url, Raw(url) as client:
        for _ in range(2):
            client.send(request("GET", "/"))
            head = client.reply(to_head=True)
            assert head.headers["transfer-encoding"] == "chunked"
            whole = b"".join(chunked(part, len(part))[: -len(b"0\r\n\r\n")] for part in parts if part) + b"0\r\n\r\n"
            assert client.take(len(whole)) == whole


def test_an_old_client_gets_it_until_the_end_of_the_connection() -> None:
    with serving(streaming([b"first", b"last"])) as url, Raw(url) as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        head = client.reply(to_head=True)
        assert head.headers["connection"] == "close"
        assert "transfer-encoding" not in head.headers
        assert client.rest() == b"firstlast"


def test_an_answer_of_known_length_is_not_chunked() -> None:
    with serving(streaming([b"first", b"last"], (b"content-length", b"9"))) as url, Raw(url) as client:
        client.send(request("GET", "/"))
        assert client.reply().body == b"firstlast"


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_an_answer_without_a_body_has_none(method: str, status: int) -> None:
    parts = [b"body"] if method == "HEAD" else []
    with serving(streaming(parts, status=status)) as url, Raw(url) as client:
        for _ in range(2):
            client.send(request(method, "/"))
            reply = client.reply(to_head=True)
            assert reply.status == status
            assert ("transfer-encoding" in reply.headers) is (method == "HEAD")


async def answer_twice(scope: Any, receive: Any, send: Any) -> None:
    for _ in range(2):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


async def raise_at_once(scope: Any, receive: Any, send: Any) -> None:
    raise ZeroDivisionError


async def raise_in_the_middle(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ZeroDivisionError


async def say_nothing(scope: Any, receive: Any, send: Any) -> None:
    pass


def with_header(name: bytes, value: bytes) -> Any:
    return streaming([b"body"], (b"content-length", b"4"), (name, value))


BROKEN: dict[str, tuple[Any, bytes]] = {
    "raises": (raise_at_once, b""),
    "raises in the middle": (raise_in_the_middle, b"half"),
    "says nothing": (say_nothing, b""),
    "a line break in a header": (with_header(b"a", b"b\r\nSet-Cookie: c"), b""),
    "a line feed in a header": (with_header(b"a", b"b\nSet-Cookie: c"), b""),
    "a carriage return in a header": (with_header(b"a", b"b\rSet-Cookie: c"), b""),
    "a line break in a header's name": (with_header(b"a: b\r\nc", b"d"), b""),
    "a status that is none": (streaming([b"body"], status=999), b""),
}


@pytest.mark.parametrize(("app", "end"), BROKEN.values(), ids=BROKEN)
def test_a_broken_application_costs_its_own_client_the_connection(app: Any, end: bytes) -> None:
    with structlog.testing.capture_logs() as logged, serving(app) as url:
        for _ in range(2):
            with Raw(url) as client:
                client.send(request("GET", "/") * 2)
                assert client.rest().rpartition(b"\r\n\r\n")[2] == end
    assert {line["event"] for line in logged} == ({"fault"} if app is not say_nothing else set())


def test_an_answer_is_given_once() -> None:
    with serving(answer_twice) as url, Raw(url) as client:
        client.send(request("GET", "/"))
        assert client.reply().body == b"ok"
        client.send(request("GET", "/"))
        assert client.reply().body == b"ok"
        client.end()
        assert client.rest() == b""


class Listening:
    """An application that answers when its client has gone."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while not self.heard or self.heard[-1] != "http.disconnect":
            self.heard.append((await receive())["type"])
        await send({"type": "http.response.body", "body": b"too late"})


@pytest.mark.parametrize("leave", [Raw.close, Raw.end])
def test_a_stream_hears_that_its_client_has_gone(leave: Callable[[Raw], None]) -> None:
    app = Listening()
    with serving(app) as url, Raw(url) as client:
        client.send(request("GET", "/"))
        assert client.reply(to_head=True).status == 200
        leave(client)
        until = time.monotonic() + SECONDS
        while not app.heard or app.heard[-1] != "http.disconnect":
            assert time.monotonic() < until
    assert app.heard == ["http.request", "http.disconnect"]


OK = streaming([], (b"content-length", b"0"))


def test_there_is_room_for_so_many_clients_and_no_more() -> None:
    """Of five places the fourth is left for another address."""
    with serving(OK, most=5) as url, ExitStack() as connections:
        inside = [connections.enter_context(Raw(url)) for _ in range(3)]
        for client in inside:
            client.send(request("GET", "/"))
            assert client.reply().status == 200
        with Raw(url) as late:
            reply = late.reply()
            assert (reply.status, reply.headers["retry-after"], reply.headers["connection"]) == (503, "1", "close")
            assert reply.json == {"error": "too many connections: try again in a second"}
            assert late.rest() == b""
        for client in inside:
            client.send(request("GET", "/"))
            assert client.reply().status == 200
        inside[0].close()
        until = time.monotonic() + SECONDS
        while True:
            with Raw(url) as other:
                other.send(request("GET", "/"))
                if other.status() == 200:
                    break
            assert time.monotonic() < until


def test_no_address_has_all_connections() -> None:
    async def come() -> None:
        clients = await _clients(OK, 8)
        own = [Mock(spec=Connection) for _ in range(4)]
        assert all(clients.add(connection, "192.0.2.1") for connection in own)
        refused = Mock(spec=Connection)
        assert not clients.add(refused, "192.0.2.1")
        assert [clients.add(Mock(spec=Connection), "2001:db8::1") for _ in range(3)] == [True, True, False]
        assert [clients.add(Mock(spec=Connection), f"198.51.100.{last}") for last in range(3)] == [True, True, False]
        clients.remove(refused)  # had none
        assert not clients.add(Mock(spec=Connection), "203.0.113.1")
        clients.remove(own[0])
        assert clients.add(Mock(spec=Connection), "203.0.113.1")

    asyncio.run(come())


def test_a_pipeline_is_not_read_ahead_without_bound() -> None:
    """While the first request has no answer, what follows stays in the client's hands."""
    go_on = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.to_thread(go_on.wait, SECONDS)
        await OK(scope, receive, send)

    with serving(app) as url, Raw(url) as client:
        client.send(request("GET", "/"))
        client.patience(1.0)
        sent = client.send_while_taken(request("GET", "/") * 1000, most=100 << 20)
        assert sent < 50 << 20
        go_on.set()
        client.patience(SECONDS)
        assert [client.reply().status for _ in range(1000)] == [200] * 1000


def test_a_body_is_not_read_ahead_without_bound() -> None:
    go_on = threading.Event()
    taken: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.to_thread(go_on.wait, SECONDS)
        while (message := await receive())["more_body"]:
            taken.append(len(message["body"]))
        await OK(scope, receive, send)

    with serving(app) as url, Raw(url) as client:
        client.send(request("POST", "/", Content_Length=str(100 << 20)))
        client.patience(1.0)
        sent = client.send_while_taken(bytes(1 << 20), most=100 << 20)
        assert sent < 50 << 20
        go_on.set()
        client.patience(SECONDS)
        client.send_while_taken(bytes(1 << 20), most=1 << 20)
    assert max(taken) < 1 << 20
