"""Credentials, every refusal's body, and the headers of every answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit import errors
from affidavit.dialects.agentlens import DIALECT
from affidavit.errors import (
    Contended,
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

from .examples import decode, refusal

MISSING = {
    "error": "Authentication required",
    "hint": "Provide an API key via 'Authorization: Bearer als_...' header, or log in via /auth/login",
    "docs": "/docs/authentication",
    "status": 401,
}
MALFORMED = {
    "error": "Invalid token",
    "hint": "The provided token is invalid. Log in again via /auth/login.",
    "docs": "/docs/authentication",
    "status": 401,
}
REVOKED = {
    "error": "Invalid or revoked API key",
    "hint": "This API key is no longer valid. Generate a new key at /api/keys.",
    "status": 401,
}


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (None, MISSING), ("", MISSING), ("Basic abc", MISSING), ("bearer als_1", MISSING), ("Bearer", MISSING),
        ("Bearer ", MISSING), ("als_1", MISSING), ("Bearer foo", MALFORMED), ("Bearer  als_1", MALFORMED),
        ("Bearer ALS_1", MALFORMED),
    ],
)  # fmt: skip
def test_credentials_that_are_none(header: str | None, body: dict[str, Any]) -> None:
    headers = {} if header is None else {"authorization": header}
    assert refusal(DIALECT.credential, headers) == (401, body)


def test_a_credential() -> None:
    assert DIALECT.credential({"authorization": "Bearer als_00ff"}) == "als_00ff"


CASES: list[tuple[Refused, dict[str, Any]]] = [
    (Unauthenticated("unknown", ""), REVOKED),
    (Unauthenticated("revoked", ""), REVOKED),
    (
        Unauthenticated("expired", ""),
        {
            "error": "API key expired",
            "hint": "This API key has been rotated and is no longer valid. Please use the new key.",
            "status": 401,
        },
    ),
    (
        Forbidden("no", required="write", held=("read",)),
        {"error": "Insufficient permissions", "hint": "no", "required": "write", "current": "read", "status": 403},
    ),
    (NotFound("whatever"), {"error": "Not found", "status": 404}),
    (MethodNotAllowed("whatever", allowed=("GET",)), {"error": "Not found", "status": 404}),
    (
        TooLarge("too much", limit=16 << 20),
        {"error": "Request body too large", "status": 413, "maxSize": "16MB", "hint": "too much"},
    ),
    (UnsupportedEncoding("send gzip"), {"error": "Unsupported Media Type", "hint": "send gzip", "status": 415}),
    (KeyReused("another body"), {"error": "Idempotency-Key reused", "hint": "another body", "status": 422}),
    (Contended("again"), {"error": "Service temporarily unavailable", "hint": "again", "status": 503}),
    (Unavailable("full"), {"error": "Service temporarily unavailable", "hint": "full", "status": 503}),
    (InternalError("number 7"), {"error": "Internal server error", "hint": "number 7", "status": 500}),
    (InvalidJson("truncated"), {"error": "Invalid JSON body", "status": 400, "hint": "truncated"}),
    (
        InvalidBody("not so"),
        {"error": "Validation failed", "status": 400, "details": [{"path": "", "message": "not so"}]},
    ),
    (Refused("odd"), {"error": "Bad request", "hint": "odd", "status": 400}),
]


@pytest.mark.parametrize(("refused", "body"), CASES, ids=lambda case: type(case).__name__)
def test_refusals(refused: Refused, body: dict[str, Any]) -> None:
    answer = DIALECT.refuse(refused)
    assert (answer.status, json.loads(answer.body)) == (body["status"], body)
    assert dict(answer.headers) == ({"Retry-After": "1"} if answer.status == 503 else {})


def test_too_many_requests() -> None:
    answer = DIALECT.refuse(RateLimited("wait", retry_after=9))
    assert (answer.status, answer.body) == (429, b'{"error":"Too Many Requests"}')
    assert answer.headers == (("Retry-After", "9"),)


OTHERS = {"ChainHeld", "OtherCheckpoint", "Inconsistent"}
"""Refusals of erasing and of witnesses, which no route of the dialect does."""


def test_no_refusal_is_forgotten() -> None:
    kinds = {
        kind.__name__ for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refused)
    }  # fmt: skip
    assert {type(refused).__name__ for refused, _ in CASES} | {RateLimited.__name__} == kinds - OTHERS


def test_every_answer_names_the_version() -> None:
    for asked in ({}, {"x-api-version": "v1"}, {"x-api-version": "1"}):
        assert DIALECT.decorate(asked) == (("X-API-Version", "v1"), ("Vary", "Origin"))


def test_another_version_is_warned_about() -> None:
    headers = dict(DIALECT.decorate({"x-api-version": "2"}))
    assert headers["X-API-Version-Warning"] == "Unsupported version '2', falling back to v1"
    for odd in ("v" * 100, "\x7f", "é"):
        assert "X-API-Version-Warning" not in dict(DIALECT.decorate({"x-api-version": odd}))


@pytest.mark.parametrize(
    "origin", ["http://localhost:9999", "https://localhost", "http://127.0.0.1:1", "http://[::1]:3000"]
)
def test_pages_of_this_machine_may_ask(origin: str) -> None:
    headers = dict(DIALECT.decorate({"origin": origin}))
    assert headers["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Methods" not in headers
    asked = {"origin": origin, "access-control-request-method": "POST"}
    assert "POST" in dict(DIALECT.decorate(asked))["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "origin",
    ["https://example.com", "http://localhost.example.com", "http://localhost:1@x", "null", "http://127.0.0.1.x", ""],
)
def test_other_pages_may_not(origin: str) -> None:
    headers = dict(DIALECT.decorate({"origin": origin, "access-control-request-method": "POST"}))
    assert not [name for name in headers if name.startswith("Access-Control")]


def test_the_rate_limit_is_told_in_seconds_from_now() -> None:
    told = DIALECT.rate_headers(Rate(200, 197, 1_795_234_414.5, reset_after=0.2))
    assert told == (("RateLimit-Policy", "200;w=60"), ("RateLimit", "limit=200, remaining=197, reset=1"))


def test_the_dialect() -> None:
    assert (DIALECT.name, DIALECT.prefixes, DIALECT.key_prefix, DIALECT.key_bytes) == (
        "agentlens",
        ("/api",),
        "als_",
        32,
    )
    used = {route.scope for route in (*DIALECT.ingests, *DIALECT.reads)} - {None}
    assert used == set(DIALECT.scopes)
    assert DIALECT.search_path == "$.payload"


def test_the_example_is_an_event_that_is_accepted() -> None:
    command = DIALECT.example
    assert "{base}/api/events" in command
    body = command[command.index("-d '") + 4 : command.rindex("'")]
    assert len(decode(body.encode()).drafts) == 1
