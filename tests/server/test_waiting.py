"""Reads that take too long, or whose client has gone; and what is recorded while they go on."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from affidavit.dialects.contract import Answer, Request
from affidavit.ledger.patience import stopped_by
from affidavit.model.reading import Reading
from affidavit.server.clients import Clients
from affidavit.server.connection import ENDED_SECONDS, Connection
from affidavit.server.hangup import while_wanted
from affidavit.server.threads import Threads
from tests.server import inprocess
from tests.server.endpoints import AGENTLENS
from tests.server.inprocess import EVENT, INGEST, READ, ask, dialect
from tests.server.raw import Gone, request
from tests.server.test_connection import PATIENT


def endless(_: Request, __: Reading) -> Answer:
    """A read without an end, in blocks."""
    stopped = threading.Event()
    with stopped_by(stopped.set):
        assert stopped.wait(10)
    with stopped_by(pytest.fail):
        pytest.fail("it reads on")


ENDLESS = dialect(read=replace(READ, answer=endless))


def test_a_read_that_takes_too_long_is_refused_in_the_vendors_shape() -> None:
    reply = ask(ENDLESS, readers=Threads("reads", 1, 10, seconds=0.01))
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert AGENTLENS.is_refusal(503, reply.json)
    assert "longer than the 0.01 s that reads may take: ask for less" in reply.json["hint"]


def test_a_read_whose_client_has_gone_is_given_up() -> None:
    with pytest.raises(Gone):
        ask(ENDLESS, stays=False)


def test_of_a_request_with_a_body_nobody_looks_at_nothing_is_received() -> None:
    async def receive() -> dict[str, Any]:
        pytest.fail("it was read")

    async def work() -> str:
        return "done"

    for header in ("content-length", "transfer-encoding", "expect"):
        assert asyncio.run(while_wanted({header: "1"}, receive, work())) == "done"


@pytest.mark.parametrize("asks", [False, True])
def test_what_is_recorded_waits_for_no_read(asks: bool) -> None:
    """Not one more read would be let in."""
    full = Threads("reads", 1, -1)
    checked = replace(INGEST, check=lambda request, intake, reading: intake, asks=asks)
    assert ask(dialect(ingest=checked), "POST", EVENT, readers=full).status == 201
    assert ask(dialect(read=replace(READ, answer=endless)), readers=Threads("reads", 1, -1)).status == 503


@pytest.mark.parametrize(("method", "is_given_up"), [("GET", True), ("HEAD", True), ("POST", False)])
def test_a_client_that_sends_no_more_is_not_read_for_much_longer(method: str, is_given_up: bool) -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.get_running_loop().create_future()

    async def end() -> None:
        loop = asyncio.get_running_loop()
        clients = Clients(silent, loop, PATIENT, 10)
        connection, transport = Connection(clients), Mock(spec=asyncio.Transport)
        transport.get_extra_info.return_value = ("127.0.0.1", 1)
        connection.connection_made(transport)
        connection.data_received(request(method, "/"))
        assert not connection.is_late(loop.time() + ENDED_SECONDS + 1)
        assert connection.eof_received()
        assert not connection.is_late(loop.time())
        assert connection.is_late(loop.time() + ENDED_SECONDS + 1) is is_given_up

    asyncio.run(end())


def test_whose_something_is_is_looked_up_by_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs more with every workspace: too much for the event loop's thread, for somebody without a key."""
    asked: list[str] = []
    monkeypatch.setattr(inprocess, "_nowhere", lambda dialect, key: asked.append(threading.current_thread().name))
    about_key = replace(READ, about=lambda _: "key", answer=lambda _, __: Answer(200))
    assert ask(dialect(read=about_key)).status == 200
    assert [name.partition("_")[0] for name in asked] == ["reads"]
