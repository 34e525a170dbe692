"""Too much at once: 503 with a time to come back, nothing stored, and everything is well again afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.running import Running, start
from tests.server.endpoints import ENDPOINTS, Endpoint, Vendor
from tests.server.raw import SECONDS, Raw, request

BODY = 1 << 20
INFLIGHT = 2 << 20


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with memory for two large bodies."""
    running = start(
        tmp_path_factory.mktemp("small") / "data",
        environment={"AFFIDAVIT_BODY_BYTES": str(BODY), "AFFIDAVIT_INFLIGHT_BYTES": str(INFLIGHT)},
    )
    yield running
    assert running.stop() == 0


def test_the_limit_of_a_body_is_a_setting(endpoint: Endpoint, small: Running) -> None:
    with endpoint.vendor.client(small) as client:
        assert client.post(endpoint.path, content=endpoint.holding().ljust(BODY)).status_code == 201
        assert client.post(endpoint.path, content=endpoint.holding().ljust(BODY + 1)).status_code == 413


def test_bodies_that_are_too_much_together_are_refused(endpoint: Endpoint, small: Running) -> None:
    with ExitStack() as connections, endpoint.vendor.client(small) as client:
        before = endpoint.vendor.count(client)
        waiting = [connections.enter_context(Raw(small.base_url)) for _ in range(2)]
        for raw in waiting:
            raw.send(large_body(endpoint, small)[:-1])
        refused = until_refused(client, endpoint)
        assert endpoint.vendor.is_refusal(503, refused.json())
        assert int(refused.headers["retry-after"]) >= 1
        assert endpoint.vendor.count(client) == before  # reads are not refused for what bodies take
        for raw in waiting:
            raw.send(b" ")
            assert raw.reply().status == 201
        assert client.post(endpoint.path, content=endpoint.holding().ljust(BODY)).status_code == 201
        assert endpoint.vendor.count(client) == before + 3


def large_body(endpoint: Endpoint, server: Running) -> bytes:
    """A request of a new key, with a body of the limit."""
    token = f"Bearer {server.new_key(endpoint.vendor.name)['key']}"
    return request("POST", endpoint.path, endpoint.holding().ljust(BODY), Authorization=token)


def test_one_key_leaves_room_for_others(endpoint: Endpoint, small: Running) -> None:
    """However many bodies it begins and never ends."""
    greedy, other = (large_body(endpoint, small) for _ in range(2))
    with ExitStack() as connections:
        waiting = [connections.enter_context(Raw(small.base_url)) for _ in range(2)]
        for raw in waiting:
            raw.send(greedy[:-1])
        answered = first_answered(waiting)
        (stalled,) = (raw for raw in waiting if raw is not answered)
        refused = answered.reply()
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert b"from one caller" in refused.body
        honest = connections.enter_context(Raw(small.base_url))
        honest.send(other)
        assert honest.reply().status == 201
        stalled.send(b" ")
        assert stalled.reply().status == 201


def first_answered(waiting: list[Raw]) -> Raw:
    """The connection that is answered first."""
    until = time.monotonic() + SECONDS
    while not (answered := [raw for raw in waiting if raw.has_more()]):
        assert time.monotonic() < until
    return answered[0]


def test_bodies_of_reads_take_no_memory_from_those_that_write(vendor: Vendor, small: Running) -> None:
    """A public route is read without a key: whoever sends it bodies must not keep others from recording."""
    endpoint = next(endpoint for endpoint in ENDPOINTS if endpoint.vendor is vendor)
    held = request("GET", "/api/health", b"x" * BODY)
    with ExitStack() as connections, vendor.client(small) as client:
        waiting = [connections.enter_context(Raw(small.base_url)) for _ in range(3)]
        for raw in waiting:
            raw.send(held[:-1])
            assert raw.status() == 200
            assert client.post(endpoint.path, content=endpoint.holding()).status_code == 201


def until_refused(client: httpx.Client, endpoint: Endpoint) -> httpx.Response:
    """The refusal of a small body without an event: it comes when the others' bytes have been read."""
    until = time.monotonic() + SECONDS
    while (answer := client.post(endpoint.path, content=b" " * 100)).status_code == 400:
        assert time.monotonic() < until
    return answer


def test_memory_is_given_back_whatever_becomes_of_a_request(endpoint: Endpoint, small: Running) -> None:
    """Each of these takes most of the memory; if one kept it, the next could not be read."""
    token = f"Bearer {small.key(endpoint.vendor.name)}"
    good = endpoint.holding().ljust(BODY)
    for _ in range(3):
        for body, status in ((good, 201), (b"{".ljust(BODY), 400), (b" " * BODY + b" ", 413)):
            with Raw(small.base_url) as raw:
                raw.send(request("POST", endpoint.path, body, Authorization=token))
                assert raw.reply().status == status
        for cut in (BODY // 2, BODY - 1):
            with Raw(small.base_url) as raw:
                raw.send(request("POST", endpoint.path, good, Authorization=token)[:cut])
                raw.end()
                assert raw.rest() == b""
        with Raw(small.base_url) as raw:
            raw.send(request("POST", endpoint.path, Authorization=token, Transfer_Encoding="chunked"))
            raw.send(b"80000\r\n" + good[: 1 << 19] + b"\r\nzz\r\n")
            assert raw.reply().status == 400


def test_an_answer_that_is_not_taken_counts(vendor: Vendor, small: Running) -> None:
    """Answers have memory of their own: a client that does not read takes none from those that write."""
    endpoint = {"agentlens": "/api/events", "provenlog": "/v1/batch"}[vendor.name]
    large = {"text": "x" * (BODY - 1000)}
    event = {"sessionId": "l", "agentId": "l", "eventType": "custom", "payload": {"type": "t", "data": large}}
    sent = {"events": [event]} if vendor.name == "agentlens" else [{"agent_id": "l", "metadata": large}]
    token = f"Bearer {small.key(vendor.name)}"
    with vendor.client(small) as client, Raw(small.base_url, receive_buffer=4096) as reader:
        for _ in range(12):
            assert client.post(endpoint, json=sent).status_code == 201
        assert len(client.get(vendor.listing).content) > 4 * INFLIGHT  # alone it may be as large as it is
        reader.send(request("GET", vendor.listing, Authorization=token))
        assert reader.status() == 200
        answer = client.get(vendor.listing)
        assert answer.status_code == 503
        assert vendor.is_refusal(503, answer.json())
        assert client.post(endpoint, json=sent).status_code == 201
        assert reader.reply().status == 200
        assert client.get(vendor.listing).status_code == 200
