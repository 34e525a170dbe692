"""The rate limit: for each key, in each vendor's words and units; and a default that no busy agent meets."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx
import pytest

from affidavit import dialects
from tests.storing import Storing
from tests.wire.callers import Callers, credential
from tests.wire.looks import ONE_READ
from tests.wire.refusals import is_refused

LIMIT = 5
RESETS = {"asn": 1.0, "trenchcoat": 1000.0}
"""Dialects that tell in X-RateLimit-Reset when all of the limit is there again -> units of a second."""


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Callers]:
    """A server that takes five requests a minute from a key."""
    running = storing.start(
        tmp_path_factory.mktemp("limited") / "data", environment={"AFFIDAVIT_RATE_PER_MINUTE": str(LIMIT)}
    )
    made = Callers(running)
    yield made
    made.close()
    assert running.stop() == 0


def test_every_dialect_is_here() -> None:
    assert set(ONE_READ) == set(dialects.load())


@pytest.mark.parametrize("dialect", ONE_READ)
def test_one_request_too_many(limited: Callers, dialect: str) -> None:
    began = time.time()
    token = limited.key(dialect)["key"]
    with limited.client(credential(dialect, token)) as client:
        answers = [client.get(ONE_READ[dialect]) for _ in range(LIMIT + 1)]
    assert [answer.status_code for answer in answers[:-1]] == [404 if dialect == "asn" else 200] * LIMIT
    refused = answers[-1]
    assert is_refused(dialect, refused, 429), refused.text
    wait = int(refused.headers["Retry-After"])
    assert 1 <= wait <= 60 // LIMIT + 1
    if dialect == "trenchcoat":
        assert refused.json()["error"]["details"] == {"retryAfter": wait}
    if dialect == "agentlens":
        told = [
            re.fullmatch(r"limit=5, remaining=(\d), reset=(\d+)", answer.headers["RateLimit"]) for answer in answers
        ]
        assert [match and match[1] for match in told] == ["4", "3", "2", "1", "0", "0"]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {"5;w=60"}
    if dialect in RESETS:
        told = [
            (int(answer.headers["X-RateLimit-Limit"]), int(answer.headers["X-RateLimit-Remaining"]))
            for answer in answers
        ]
        assert told == [(LIMIT, left) for left in (4, 3, 2, 1, 0, 0)]
        for answer in answers:
            reset = int(answer.headers["X-RateLimit-Reset"]) / RESETS[dialect]
            assert began < reset < time.time() + 60 + 1
    with limited.client(credential(dialect, limited.key(dialect)["key"])) as other:
        assert other.get(ONE_READ[dialect]).status_code == answers[0].status_code


def test_a_request_without_a_good_key_takes_nothing_from_anyone(limited: Callers) -> None:
    token = limited.key("agentlens")["key"]
    for wrong in ({}, credential("agentlens", "als_0"), credential("agentlens", token[:-1])):
        answers = [httpx.get(limited.server.base_url + ONE_READ["agentlens"], headers=wrong) for _ in range(LIMIT + 1)]
        assert {answer.status_code for answer in answers} == {401}
    answer = httpx.get(limited.server.base_url + ONE_READ["agentlens"], headers=credential("agentlens", token))
    assert answer.status_code == 200


def test_what_is_refused_is_not_recorded(limited: Callers) -> None:
    """And the key of its request is not used up."""
    event, headers = {"agent_id": "limited"}, {"Idempotency-Key": "limited"}
    with limited.client(credential("provenlog", limited.key("provenlog")["key"])) as client:
        for _ in range(LIMIT):
            client.post("/v1/events", json=event).raise_for_status()
        assert client.post("/v1/events", json=event, headers=headers).status_code == 429
    with limited.client(credential("provenlog", limited.key("provenlog")["key"])) as client:
        assert len(client.get("/v1/events", params={"agent_id": "limited"}).json()) == LIMIT
        recorded = client.post("/v1/events", json=event, headers=headers)
        assert (recorded.status_code, "idempotency-replayed" in recorded.headers) == (201, False)


def test_the_default_is_never_met_by_a_busy_agent(callers: Callers) -> None:
    client, event = callers("agentlens"), {"sessionId": "busy", "agentId": "busy", "eventType": "session_started"}
    statuses = {client.post("/api/events", json={"events": [event]}).status_code for _ in range(1000)}
    assert statuses == {201}


def test_pectas_limit_comes_before_signature_and_body(limited: Callers) -> None:
    token = limited.key("pecta")["key"]
    with limited.client(credential("pecta", token)) as client:
        wrong = {"content": b"{", "headers": {"X-Pecta-Signature": "sha256=00"}}
        codes = [client.post("/v1/ingest", **wrong).json()["code"] for _ in range(LIMIT + 1)]
    assert codes == ["hmac_invalid"] * LIMIT + ["rate_limited"]


def test_asn_tells_no_limit_where_no_route_was_found(limited: Callers) -> None:
    with limited.client(credential("asn", limited.key("asn")["key"])) as client:
        answers = [client.delete("/api/v1/agents/ASN-2026-0384-7721-A") for _ in range(LIMIT + 1)]
    assert {answer.status_code for answer in answers} == {405}
    assert not any("X-RateLimit-Limit" in answer.headers for answer in answers)
