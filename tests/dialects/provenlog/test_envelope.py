"""Credentials in, refusals out, and the dialect as data."""

from __future__ import annotations

import json

import pytest

from affidavit import dialects
from affidavit.dialects.provenlog import DIALECT
from affidavit.errors import (
    Forbidden,
    InvalidBody,
    KeyReused,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedEncoding,
)
from tests.dialects.provenlog.conftest import Client


@pytest.mark.parametrize("header", ["Bearer pl_1", "bearer pl_1", "BEARER   pl_1 "])
def test_a_bearer_token(header: str) -> None:
    assert DIALECT.credential({"authorization": header}) == "pl_1"


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        ({}, "missing"),
        ({"authorization": ""}, "missing"),
        ({"authorization": "  "}, "missing"),
        ({"x-api-key": "pl_1"}, "missing"),
        ({"authorization": "Bearer"}, "malformed"),
        ({"authorization": "Bearer "}, "malformed"),
        ({"authorization": "pl_1"}, "malformed"),
        ({"authorization": "Basic cGxfMQ=="}, "malformed"),
        ({"authorization": "Bearerpl_1"}, "malformed"),
    ],
)
def test_no_token(headers: dict[str, str], fault: str) -> None:
    with pytest.raises(Unauthenticated, match="Authorization: Bearer") as caught:
        DIALECT.credential(headers)
    assert caught.value.fault == fault


@pytest.mark.parametrize(
    ("refusal", "status", "headers"),
    [
        (InvalidBody("why"), 400, {}),
        (Unauthenticated("revoked", "why"), 401, {"WWW-Authenticate": "Bearer"}),
        (Forbidden("why"), 403, {}),
        (NotFound("why"), 404, {}),
        (MethodNotAllowed("why", allowed=("GET", "HEAD")), 405, {"Allow": "GET, HEAD"}),
        (TooLarge("why", limit=1), 413, {}),
        (UnsupportedEncoding("why"), 415, {}),
        (KeyReused("why"), 422, {}),
        (RateLimited("why", retry_after=9), 429, {"Retry-After": "9"}),
        (Unavailable("why", retry_after=7), 503, {"Retry-After": "7"}),
    ],
)
def test_every_refusal_has_the_vendors_shape(refusal: Refused, status: int, headers: dict[str, str]) -> None:
    answer = DIALECT.refuse(refusal)
    assert (answer.status, json.loads(answer.body), dict(answer.headers)) == (status, {"error": "why"}, headers)


def test_a_refusal_may_quote_a_lone_surrogate() -> None:
    assert DIALECT.refuse(InvalidBody("cut \ud83d")).body == rb'{"error":"cut \ud83d"}'


def test_the_dialect_is_found_and_complete() -> None:
    assert dialects.load()["provenlog"] is DIALECT
    assert DIALECT.decorate({}) == ()
    scopes = {route.scope for route in DIALECT.ingests} | {route.scope for route in DIALECT.reads}
    assert scopes == set(DIALECT.scopes)
    assert "{base}/v1/events" in DIALECT.example
    assert "Bearer {key}" in DIALECT.example


def test_the_example_is_an_event(client: Client) -> None:
    body = DIALECT.example.partition("-d '")[2].rstrip("'")
    status, shown = client.post("/v1/events", body.encode())
    assert (status, shown["validation_warnings"]) == (201, [])
