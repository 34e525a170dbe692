"""Too many, too large: refused at the limit, taken below it."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.dialects.agentlens.examples import event
from tests.running import Running
from tests.server.conftest import Unchanged
from tests.server.endpoints import PROVENLOG, Endpoint
from tests.server.raw import Raw, chunked, request

MIB = 1 << 20


def test_agentlens_takes_1000_events_and_not_one_more(clients: dict[str, httpx.Client], unchanged: Unchanged) -> None:
    client = clients["agentlens"]
    assert client.post("/api/events", json={"events": [event()] * 1000}).json()["ingested"] == 1000
    with unchanged():
        answer = client.post("/api/events", json={"events": [event()] * 1001})
    assert answer.status_code == 400
    assert answer.json()["details"] == [{"path": "events", "message": "Too big: expected array to have <=1000 items"}]


def test_provenlog_takes_10000_events_and_not_one_more(clients: dict[str, httpx.Client], unchanged: Unchanged) -> None:
    client = clients["provenlog"]
    answer = client.post("/v1/batch", json=[{"agent_id": "many"}] * 10_000)
    assert answer.status_code == 201
    assert [item["event"]["sequence"] for item in answer.json()] == list(range(1, 10_001))
    with unchanged():
        answer = client.post("/v1/batch", json=[{"agent_id": "many"}] * 10_001)
    assert answer.status_code == 400
    assert PROVENLOG.is_refusal(400, answer.json())


def test_an_event_over_its_limit_is_refused_and_named(clients: dict[str, httpx.Client], unchanged: Unchanged) -> None:
    large = "x" * (MIB - 300)
    agentlens, provenlog = clients["agentlens"], clients["provenlog"]
    fits, too_large = ({"type": "t", "data": {"text": text}} for text in (large, large + "y" * 300))
    with unchanged():
        answer = agentlens.post(
            "/api/events", json={"events": [event(), event("custom", fits), event("custom", too_large)]}
        )
        assert answer.status_code == 413
        assert "events.2 " in answer.json()["hint"]
        answer = provenlog.post("/v1/events", json={"agent_id": "large", "metadata": {"text": large + "y" * 300}})
        assert answer.status_code == 413
        assert PROVENLOG.is_refusal(413, answer.json())
    assert agentlens.post("/api/events", json={"events": [event("custom", fits)]}).status_code == 201
    before = PROVENLOG.count(provenlog)
    sent = [{"agent_id": "large", "metadata": {"text": text}} for text in (large, large + "y" * 300, "small")]
    answer = provenlog.post("/v1/batch", json=sent)
    assert answer.status_code == 207
    assert str(MIB) in answer.json()[1]["error"]
    assert [answer.json()[index]["event"]["metadata"] for index in (0, 2)] == [sent[0]["metadata"], sent[2]["metadata"]]
    assert PROVENLOG.count(provenlog) == before + 2


def test_a_body_of_the_limit_is_taken(endpoint: Endpoint, client: httpx.Client) -> None:
    body = endpoint.holding().ljust(16 * MIB)
    for content in (body, iter([body[:MIB], body[MIB:]])):
        assert client.post(endpoint.path, content=content).status_code == 201


def test_a_body_over_the_limit_is_refused(endpoint: Endpoint, client: httpx.Client, unchanged: Unchanged) -> None:
    body = endpoint.holding().ljust(16 * MIB + 1)
    with unchanged():
        for content in (body, iter([body[:MIB], body[MIB:]])):
            answer = client.post(endpoint.path, content=content)
            assert answer.status_code == 413
            assert endpoint.vendor.is_refusal(413, answer.json())
            if endpoint.vendor.name == "agentlens":
                assert answer.json()["maxSize"] == "16MB"


def test_a_body_that_says_it_is_too_large_is_not_waited_for(endpoint: Endpoint, server: Running) -> None:
    token = f"Bearer {server.key(endpoint.vendor.name)}"
    for length in (16 * MIB + 1, 10**15):
        with Raw(server.base_url) as client:
            client.send(request("POST", endpoint.path, Authorization=token, Content_Length=str(length)))
            reply = client.reply()
        assert reply.status == 413
        assert endpoint.vendor.is_refusal(413, reply.json)


def test_a_chunked_body_without_end_is_cut_off_at_the_limit(endpoint: Endpoint, server: Running) -> None:
    with Raw(server.base_url) as client:
        client.send(
            request("POST", endpoint.path, Authorization=f"Bearer {server.key(endpoint.vendor.name)}",
                    Transfer_Encoding="chunked")
        )  # fmt: skip
        part = chunked(b" " * MIB, MIB).removesuffix(b"0\r\n\r\n")
        client.send(part * 17)
        assert client.reply().status == 413


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_chunked_body_is_put_together(endpoint: Endpoint, client: httpx.Client, server: Running, size: int) -> None:
    body = endpoint.holding(json.dumps("ä" * 5000, ensure_ascii=False).encode())
    with Raw(server.base_url) as raw:
        token = f"Bearer {server.key(endpoint.vendor.name)}"
        raw.send(request("POST", endpoint.path, Authorization=token, Transfer_Encoding="chunked"), chunked(body, size))
        reply = raw.reply()
    assert reply.status == 201
    (identity,) = endpoint.ids(reply.json)
    assert endpoint.held(client, identity) == "ä" * 5000


def test_a_body_that_takes_long_does_not_keep_others_waiting(server: Running) -> None:
    """Numbers that only the exact JSON reader can read: a MiB of them takes half a second of a processor."""
    numbers = b",".join([b"1e-7"] * 180_000)
    body = b'{"agent_id":"slow to read","metadata":{"numbers":[%b]}}' % numbers
    assert len(body) < MIB
    with Raw(server.base_url) as slow, Raw(server.base_url) as other:
        slow.send(request("POST", "/v1/events", body, Authorization=f"Bearer {server.key('provenlog')}"))
        for _ in range(20):
            other.send(request("GET", "/healthz"))
            assert other.reply().status == 200
        assert not slow.has_more()
        assert slow.reply().status == 201
