"""The program's log: one JSON line a request that tells what happened, and nothing of what was said."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.running import Running, start
from tests.server.endpoints import ENDPOINTS, VENDORS
from tests.server.raw import SECONDS, Raw, request

MARKER = "zanzibar"


@pytest.fixture
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose log is one test's."""
    running = start(tmp_path_factory.mktemp("log") / "data")
    yield running
    running.stop()


def lines(server: Running, count: int) -> list[dict[str, Any]]:
    """The log, once it has so many requests."""
    until = time.monotonic() + SECONDS
    while server.log.read_text().count('"event":"request"') < count:
        assert time.monotonic() < until, server.log.read_text()
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def test_a_request_is_one_line(quiet: Running) -> None:
    key = quiet.new_key("provenlog")
    bearer = {"Authorization": f"Bearer {key['key']}"}
    with httpx.Client(base_url=quiet.base_url) as client:
        body = b'[{"agent_id":"a"},{"agent_id":"b"}]'
        sent = [
            client.post("/v1/batch", content=body, headers=bearer | {"X-Request-ID": "mine"}),
            client.get("/provenlog/v1/events/nothing", headers=bearer),
            client.get("/v1/events"),
            client.put("/v1/nothing"),
            client.head("/healthz"),
            client.options("/api/events"),
        ]
    logged = lines(quiet, len(sent))
    assert [line["id"] for line in logged] == [answer.headers["x-request-id"] for answer in sent]
    told = [(line["method"], line["route"], line["status"], line["entries"], line["key"]) for line in logged]
    assert told == [
        ("POST", "/v1/batch", 201, 2, key["id"]),
        ("GET", "/v1/events/{id}", 404, 0, key["id"]),
        ("GET", "/v1/events", 401, 0, ""),
        ("PUT", "", 404, 0, ""),
        ("HEAD", "/healthz", 200, 0, ""),
        ("OPTIONS", "", 204, 0, ""),
    ]
    assert [line["body_bytes"] for line in logged] == [len(body), 0, 0, 0, 0, 0]
    assert all(line["ms"] >= 0 and line["level"] == "info" and line["at"].endswith("Z") for line in logged)


def test_a_client_that_leaves_is_one_line_too(quiet: Running) -> None:
    token = f"Bearer {quiet.key('provenlog')}"
    with Raw(quiet.base_url) as client:
        client.send(request("POST", "/v1/events", b'{"agent_id":"a"}', Authorization=token, X_Request_ID="left")[:-1])
        client.end()
        assert client.rest() == b""
    (line,) = lines(quiet, 1)
    assert (line["id"], line["status"], line["entries"]) == ("left", 499, 0)


def test_nothing_that_was_said_is_in_the_log(quiet: Running) -> None:
    """The marker stands wherever a client can put a word, in what is taken and in what is refused."""
    keys = {vendor.name: quiet.new_key(vendor.name) for vendor in VENDORS}
    asked = 0
    with httpx.Client(base_url=quiet.base_url) as client:
        for endpoint in ENDPOINTS:
            bearer = {"Authorization": f"Bearer {keys[endpoint.vendor.name]['key']}"}
            for value in (
                f'"{MARKER}"',
                f'{{"{MARKER}":1}}',
                f'{{"{MARKER}":1,"{MARKER}":2}}',
                MARKER,
                f'"{MARKER}\\q"',
            ):
                client.post(endpoint.path, content=endpoint.holding(value.encode()), headers=bearer)
                asked += 1
            spelled = endpoint.holding().replace(b"agent of these tests", MARKER.encode())
            client.post(endpoint.path, content=spelled, headers=bearer)
            client.post(endpoint.path, content=spelled, headers={"Authorization": f"Bearer {MARKER}"})
            client.post(endpoint.path, content=spelled, headers=bearer | {"Content-Encoding": MARKER})
            client.post(endpoint.path, content=spelled, headers=bearer | {"X-Request-ID": f"{MARKER} {MARKER}"})
            client.post(f"{endpoint.path}/{MARKER}?{MARKER}={MARKER}", content=spelled, headers=bearer)
            listing = endpoint.vendor.listing
            client.get(f"{listing}/{MARKER}", headers=bearer)
            client.get(f"{listing}?agent_id={MARKER}&search={MARKER}&limit={MARKER}", headers=bearer)
            client.get(f"{listing}?since={MARKER}", headers=bearer | {"User-Agent": MARKER, "Origin": MARKER})
            client.get(f"/{MARKER}", headers={"Cookie": MARKER})
            asked += 9
    with Raw(quiet.base_url) as raw:
        raw.send(f"GET /{MARKER} {MARKER}\r\n\r\n".encode())
        assert raw.reply().status == 400
    logged = lines(quiet, asked)
    assert len(logged) == asked
    text = quiet.log.read_text()
    assert MARKER not in text
    for key in keys.values():
        assert key["key"] not in text
        assert key["id"] in text
