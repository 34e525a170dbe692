"""SIGINT and SIGTERM: requests under way are answered, nobody else is waited for, the exit code is 0."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.fault.keeping import hold, prove
from tests.fault.load import Load
from tests.running import Running, start
from tests.server.raw import SECONDS, Gone, Raw, request

SIGNALS = [signal.SIGINT, signal.SIGTERM]
PATIENT = {"AFFIDAVIT_DRAIN_SECONDS": "600"}
"""A server that waits for longer than any test, so that what does not end by itself fails one."""


def ends(server: Running, number: signal.Signals | None = None) -> int:
    """Send a signal, or no more of them. Returns the exit code."""
    if number is not None:
        server.process.send_signal(number)
    code = server.process.wait(SECONDS)
    server.stop()
    return code


def until_closed(server: Running) -> None:
    """Until no new connection is taken."""
    address = urlsplit(server.base_url)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection((address.hostname, address.port)).close()
        except ConnectionError:
            return
    raise AssertionError("the server still listens")


@pytest.mark.parametrize("number", SIGNALS)
def test_under_load_everything_acknowledged_is_there(data: Path, number: signal.Signals) -> None:
    server = start(data, environment=PATIENT)
    load = Load(random.Random(number))
    for dialect in ("agentlens", "provenlog"):
        server.key(dialect)

    async def signal_under_load() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.run(server))
            await load.until(lambda: load.acknowledged >= 300)
            server.process.send_signal(number)

    asyncio.run(signal_under_load())
    assert ends(server) == 0
    assert "fault" not in server.log.read_text()
    another = start(data)
    another.keys |= server.keys
    assert hold(another, load) >= 300
    assert another.stop() == 0
    prove(data)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_request_under_way_is_answered(data: Path, number: signal.Signals) -> None:
    server = start(data, environment=PATIENT)
    token = f"Bearer {server.key('provenlog')}"
    whole = request("POST", "/v1/events", b'{"agent_id":"under way"}', Authorization=token)
    with Raw(server.base_url) as busy, Raw(server.base_url) as behind:
        for raw in (busy, behind):
            raw.send(request("GET", "/healthz"))
            raw.reply()
        busy.send(whole[:-1])
        behind.send(whole + whole[:-1])
        assert behind.reply().status == 201
        server.process.send_signal(number)
        until_closed(server)
        for raw in (busy, behind):
            raw.send(whole[-1:])
            reply = raw.reply()
            assert (reply.status, reply.headers["connection"]) == (201, "close")
            assert raw.rest() == b""
    assert ends(server) == 0
    assert prove(data) == 3


@pytest.mark.parametrize("number", SIGNALS)
def test_who_has_asked_nothing_is_not_waited_for(data: Path, number: signal.Signals) -> None:
    server = start(data, environment=PATIENT)
    with Raw(server.base_url) as silent, Raw(server.base_url) as idle, Raw(server.base_url) as half:
        idle.send(request("GET", "/healthz"))
        assert idle.reply().status == 200
        half.send(b"GET /healthz HTTP/1.1\r\n")
        refused = Raw(server.base_url)
        refused.send(b"nonsense\r\n")
        assert refused.reply().status == 400
        assert ends(server, number) == 0
        assert [raw.rest() for raw in (silent, idle, half, refused)] == [b""] * 4
        refused.__exit__(None, None, None)


def test_who_does_not_go_on_is_cut_off_when_the_time_is_over(data: Path) -> None:
    server = start(data, environment={"AFFIDAVIT_DRAIN_SECONDS": "1"})
    token = f"Bearer {server.key('provenlog')}"
    with Raw(server.base_url) as slow:
        slow.send(request("POST", "/v1/events", b'{"agent_id":"slow"}', Authorization=token, Expect="100-continue"))
        assert slow.reply().status == 100
        slow.send(request("POST", "/v1/events", b'{"agent_id":"slow"}', Authorization=token)[:-1])
        assert slow.reply().status == 201
        assert ends(server, signal.SIGTERM) == 0
        with pytest.raises(Gone):
            slow.reply()
    assert "clients left without an answer" in server.log.read_text()
    assert "fault" not in server.log.read_text()
    assert prove(data) == 1


def test_a_second_signal_ends_the_waiting(data: Path) -> None:
    server = start(data, environment=PATIENT)
    token = f"Bearer {server.key('provenlog')}"
    with Raw(server.base_url) as slow:
        slow.send(request("POST", "/v1/events", b'{"agent_id":"slow"}', Authorization=token)[:-1])
        assert httpx.get(server.base_url + "/healthz").status_code == 200  # so what came before it was read
        server.process.send_signal(signal.SIGINT)
        until_closed(server)
        assert ends(server, signal.SIGINT) == 0
        with pytest.raises(Gone):
            slow.reply()
    assert prove(data) == 0


def test_a_pipeline_is_answered_to_its_end(data: Path) -> None:
    server = start(data, environment=PATIENT)
    token = f"Bearer {server.key('agentlens')}"
    event = b'{"events":[{"sessionId":"s","agentId":"a","eventType":"session_started"}]}'
    with Raw(server.base_url) as raw:
        raw.send(request("POST", "/api/events", event, Authorization=token) * 200)
        assert raw.reply().status == 201
        server.process.send_signal(signal.SIGTERM)
        answered = 1
        try:
            while raw.reply().status == 201:
                answered += 1
        except Gone:
            pass
    assert ends(server) == 0
    assert prove(data) == answered


def test_signals_without_end_do_no_harm(data: Path) -> None:
    server = start(data, environment=PATIENT)
    while server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGINT)
    assert server.stop() == 0
    assert prove(data) == 0
