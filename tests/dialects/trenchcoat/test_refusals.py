"""Credentials in, refusals out, and the dialect as data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit import dialects
from affidavit.dialects.trenchcoat import DIALECT
from affidavit.errors import (
    Forbidden,
    InternalError,
    InvalidBody,
    InvalidJson,
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
from affidavit.model.rate import Rate

from .conftest import Ledger

KEY = "ct_live_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"
"""The key of the vendor's page: 32 characters, and not all of them hex."""
INSUFFICIENT = "Insufficient permissions. Required scopes: write:events"


def test_a_key() -> None:
    assert DIALECT.credential({"x-api-key": KEY, "authorization": "Bearer other"}) == KEY
    assert len(DIALECT.key_prefix) + 2 * DIALECT.key_bytes == len(KEY)


@pytest.mark.parametrize(
    ("headers", "fault", "message"),
    [
        ({}, "missing", "Missing X-API-Key header"),
        ({"x-api-key": ""}, "missing", "Missing X-API-Key header"),
        ({"authorization": f"Bearer {KEY}"}, "missing", "Missing X-API-Key header"),
        ({"x-api-key": "foo"}, "malformed", "Invalid API key format"),
        ({"x-api-key": "ct_live_short"}, "malformed", "Invalid API key format"),
        ({"x-api-key": KEY + "0"}, "malformed", "Invalid API key format"),
        ({"x-api-key": KEY.replace("live", "test")}, "malformed", "Invalid API key format"),
        ({"x-api-key": "als_" + "a" * 36}, "malformed", "Invalid API key format"),
    ],
)
def test_no_key(headers: dict[str, str], fault: str, message: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        DIALECT.credential(headers)
    assert caught.value.fault == fault
    answer = DIALECT.refuse(caught.value)
    assert json.loads(answer.body) == {"error": {"code": "UNAUTHORIZED", "message": message}}
    assert (answer.status, answer.headers) == (401, ())


@pytest.mark.parametrize(
    ("refusal", "status", "error", "headers"),
    [
        (InvalidBody("why"), 400, {"code": "BAD_REQUEST", "message": "why"}, {}),
        (
            InvalidJson("why"),
            400,
            {
                "code": "VALIDATION_ERROR",
                "message": "Request body is invalid.",
                "details": [{"field": "", "message": "why"}],
            },
            {},
        ),
        (Unauthenticated("unknown", "why"), 401, {"code": "UNAUTHORIZED", "message": "Invalid API key"}, {}),
        (Unauthenticated("revoked", "why"), 401, {"code": "UNAUTHORIZED", "message": "Invalid API key"}, {}),
        (Unauthenticated("expired", "why"), 401, {"code": "UNAUTHORIZED", "message": "API key has expired"}, {}),
        (Forbidden("why", required="write:events"), 403, {"code": "FORBIDDEN", "message": INSUFFICIENT}, {}),
        (Forbidden("why"), 403, {"code": "FORBIDDEN", "message": "why"}, {}),
        (
            NotFound("why"),
            404,
            {"code": "NOT_FOUND", "message": "Resource not found", "details": {"reason": "why"}},
            {},
        ),
        (TooLarge("why", limit=1), 413, {"code": "PAYLOAD_TOO_LARGE", "message": "why"}, {}),
        (UnsupportedEncoding("why"), 415, {"code": "UNSUPPORTED_ENCODING", "message": "why"}, {}),
        (KeyReused("why"), 422, {"code": "VALIDATION_ERROR", "message": "why"}, {}),
        (
            RateLimited("why", retry_after=7),
            429,
            {"code": "RATE_LIMITED", "message": "Too many requests", "details": {"retryAfter": 7}},
            {"Retry-After": "7"},
        ),
        (
            InternalError("why"),
            500,
            {"code": "INTERNAL_ERROR", "message": "Internal server error", "details": {"reason": "why"}},
            {},
        ),
        (
            Unavailable("why", retry_after=3),
            503,
            {"code": "SERVICE_UNAVAILABLE", "message": "why"},
            {"Retry-After": "3"},
        ),
    ],
)
def test_every_refusal_has_the_vendors_shape(
    refusal: Refused, status: int, error: dict[str, Any], headers: dict[str, str]
) -> None:
    answer = DIALECT.refuse(refusal)
    assert (answer.status, json.loads(answer.body), dict(answer.headers)) == (status, {"error": error}, headers)


def test_the_rate_limit_is_told_with_its_reset_in_milliseconds() -> None:
    assert DIALECT.rate_headers(Rate(200, 197, 1_795_234_414.5704)) == (
        ("X-RateLimit-Limit", "200"),
        ("X-RateLimit-Remaining", "197"),
        ("X-RateLimit-Reset", "1795234414570"),
    )


def test_a_method_that_there_is_not_has_no_body() -> None:
    answer = DIALECT.refuse(MethodNotAllowed("why", allowed=("POST",)))
    assert (answer.status, answer.body, answer.headers) == (405, b"", (("Allow", "POST"),))


def test_a_status_of_the_future_has_a_body() -> None:
    class Teapot(Refused):
        status = 418

    answer = DIALECT.refuse(Teapot("why"))
    assert (answer.status, json.loads(answer.body)) == (418, {"error": {"code": "ERROR", "message": "why"}})


def test_a_refusal_may_quote_a_lone_surrogate() -> None:
    assert rb'"cut \ud83d"' in DIALECT.refuse(InvalidBody("cut \ud83d")).body


def test_the_dialect_is_found_and_complete() -> None:
    assert dialects.load()["trenchcoat"] is DIALECT
    assert DIALECT.decorate({}) == ()
    assert {route.scope for route in (*DIALECT.ingests, *DIALECT.reads)} <= set(DIALECT.scopes)
    assert all(route.path.startswith(DIALECT.prefixes) for route in (*DIALECT.ingests, *DIALECT.reads))
    assert "X-API-Key: {key}" in DIALECT.example
    assert "{base}/api/v1/events" in DIALECT.example


def test_the_example_is_an_event(ledger: Ledger) -> None:
    body = DIALECT.example.partition("-d '")[2].rstrip("'")
    assert ledger.post(body.encode()) == (200, {"data": {"accepted": 1, "rejected": 0}})
