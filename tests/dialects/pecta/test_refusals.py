"""Credentials in, refusals out, and the dialect as data."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from affidavit import dialects
from affidavit.dialects.pecta import DIALECT
from affidavit.errors import (
    CredentialFault,
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

KEY = "pk_live_" + "0123456789abcdef" * 2


@pytest.mark.parametrize("header", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER   {KEY} "])
def test_a_bearer_token(header: str) -> None:
    assert DIALECT.credential({"authorization": header}) == KEY


@pytest.mark.parametrize("token", ["pk_live_" + "x" * 32, "pk_live_" + "Az09_-" * 5 + "xy", "sk_live_" + "x" * 32])
def test_a_token_of_the_vendors_form_is_looked_up(token: str) -> None:
    assert DIALECT.credential({"authorization": f"Bearer {token}"}) == token


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        ({}, "missing"),
        ({"x-api-key": KEY}, "missing"),
        ({"authorization": ""}, "missing"),
        ({"authorization": "Bearer"}, "missing"),
        ({"authorization": "Bearer "}, "missing"),
        ({"authorization": KEY}, "missing"),
        ({"authorization": f"Basic {KEY}"}, "missing"),
        ({"authorization": f"Bearer{KEY}"}, "missing"),
        ({"authorization": "Bearer pk_live_short"}, "malformed"),
        ({"authorization": f"Bearer {KEY}0"}, "malformed"),
        ({"authorization": f"Bearer {KEY[:-1]}!"}, "malformed"),
        ({"authorization": f"Bearer {KEY} {KEY}"}, "malformed"),
        ({"authorization": "Bearer pk_test_" + "x" * 32}, "malformed"),
        ({"authorization": "Bearer als_" + "0" * 64}, "malformed"),
    ],
)
def test_no_token(headers: dict[str, str], fault: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        DIALECT.credential(headers)
    assert caught.value.fault == fault
    assert KEY not in str(caught.value)


CHALLENGE = {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize(
    ("refusal", "status", "code", "headers"),
    [
        (InvalidJson("why"), 400, "bad_json", {}),
        (InvalidBody("why"), 400, "validation_error", {}),
        (Refused("why"), 400, "validation_error", {}),
        (Unauthenticated("missing", "why"), 401, "auth_missing", CHALLENGE),
        (Unauthenticated("malformed", "why"), 401, "auth_format", CHALLENGE),
        (Unauthenticated("unknown", "why"), 401, "auth_invalid", CHALLENGE),
        (Unauthenticated("revoked", "why"), 401, "auth_revoked", CHALLENGE),
        (Unauthenticated("expired", "why"), 401, "auth_revoked", CHALLENGE),
        (Forbidden("why"), 403, "forbidden", {}),
        (NotFound("why"), 404, "not_found", {}),
        (MethodNotAllowed("why", allowed=("GET", "HEAD")), 405, "method_not_allowed", {"Allow": "GET, HEAD"}),
        (TooLarge("why", limit=1), 413, "payload_too_large", {}),
        (UnsupportedEncoding("why"), 415, "unsupported_encoding", {}),
        (KeyReused("why"), 422, "idempotency_key_reused", {}),
        (RateLimited("why", retry_after=9), 429, "rate_limited", {"Retry-After": "9"}),
        (InternalError("why"), 500, "internal_error", {}),
        (Unavailable("why", retry_after=7), 503, "unavailable", {"Retry-After": "7"}),
    ],
)
def test_every_refusal_has_the_vendors_shape(refusal: Refused, status: int, code: str, headers: dict[str, str]) -> None:
    answer = DIALECT.refuse(refusal)
    assert (answer.status, dict(answer.headers)) == (status, headers)
    assert json.loads(answer.body) == {"error": "why", "code": code, "status": status}


def test_a_refusal_that_nobody_foresaw_has_it_too() -> None:
    class Odd(Refused):
        status = 418

    assert json.loads(DIALECT.refuse(Odd("why")).body) == {"error": "why", "code": "error", "status": 418}


def test_every_fault_of_a_credential_has_a_code() -> None:
    for fault in get_args(CredentialFault):
        assert json.loads(DIALECT.refuse(Unauthenticated(fault, "why")).body)["code"].startswith("auth_")


def test_a_refusal_may_quote_a_lone_surrogate() -> None:
    assert rb"cut \ud83d" in DIALECT.refuse(InvalidBody("cut \ud83d")).body


def test_the_dialect_is_found_and_complete() -> None:
    assert dialects.load()["pecta"] is DIALECT
    assert DIALECT.decorate({}) == ()
    assert (DIALECT.guest_keys, DIALECT.secret_prefix) == (("pk_live_", "sk_live_"), "sk_live_")
    assert DIALECT.agent_chains
    scopes = {route.scope for route in (*DIALECT.ingests, *DIALECT.reads)}
    assert scopes == {*DIALECT.scopes, None}
    made = DIALECT.key_prefix + "0" * 2 * DIALECT.key_bytes
    assert DIALECT.credential({"authorization": f"Bearer {made}"}) == made
    assert "{base}/v1/ingest" in DIALECT.example
    assert "Authorization: Bearer {key}" in DIALECT.example
