"""Credentials, and every refusal in the vendor's shape."""

from __future__ import annotations

import json

import pytest

from affidavit import dialects
from affidavit.dialects.asn import DIALECT
from affidavit.dialects.asn.refusals import AgentDeactivated, NumberTaken
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

REFUSALS: list[tuple[Refused, int, str]] = [
    (Refused("why"), 400, "VALIDATION_ERROR"),
    (InvalidBody("why"), 400, "VALIDATION_ERROR"),
    (InvalidJson("why"), 400, "VALIDATION_ERROR"),
    (Unauthenticated("missing", "why"), 401, "UNAUTHORIZED"),
    (Unauthenticated("malformed", "why"), 401, "UNAUTHORIZED"),
    (Unauthenticated("unknown", "why"), 401, "UNAUTHORIZED"),
    (Unauthenticated("revoked", "why"), 401, "UNAUTHORIZED"),
    (Unauthenticated("expired", "why"), 401, "UNAUTHORIZED"),
    (Forbidden("why"), 403, "FORBIDDEN"),
    (NotFound("why"), 404, "NOT_FOUND"),
    (MethodNotAllowed("why", allowed=("GET", "HEAD")), 405, "METHOD_NOT_ALLOWED"),
    (NumberTaken("why"), 409, "CONFLICT"),
    (AgentDeactivated("why"), 410, "AGENT_DEACTIVATED"),
    (TooLarge("why", limit=1), 413, "PAYLOAD_TOO_LARGE"),
    (UnsupportedEncoding("why"), 415, "UNSUPPORTED_ENCODING"),
    (KeyReused("why"), 422, "IDEMPOTENCY_KEY_REUSED"),
    (RateLimited("why", retry_after=7), 429, "RATE_LIMITED"),
    (InternalError("why"), 500, "INTERNAL_ERROR"),
    (Unavailable("why", retry_after=3), 503, "SERVICE_UNAVAILABLE"),
]
HEADERS = {
    401: (("WWW-Authenticate", "Bearer"),),
    405: (("Allow", "GET, HEAD"),),
    429: (("Retry-After", "7"),),
    503: (("Retry-After", "3"),),
}


@pytest.mark.parametrize(("refusal", "status", "code"), REFUSALS)
def test_every_refusal_has_the_same_shape(refusal: Refused, status: int, code: str) -> None:
    answer = DIALECT.refuse(refusal)
    assert answer.status == status
    assert json.loads(answer.body) == {"error": {"code": code, "message": "why", "status": status}}
    assert answer.headers == HEADERS.get(status, ())


@pytest.mark.parametrize("sent", ["Bearer asn_live_k1", "bearer asn_live_k1", " BEARER  asn_live_k1 "])
def test_a_credential(sent: str) -> None:
    assert DIALECT.credential({"authorization": sent}) == "asn_live_k1"


@pytest.mark.parametrize(
    ("sent", "fault"),
    [({}, "missing"), ({"authorization": " "}, "missing"), ({"authorization": "Bearer"}, "malformed"),
     ({"authorization": "Basic YTpi"}, "malformed"), ({"x-api-key": "asn_live_k1"}, "missing")],
)  # fmt: skip
def test_no_credential(sent: dict[str, str], fault: str) -> None:
    with pytest.raises(Unauthenticated, match="Authorization: Bearer asn_live_") as raised:
        DIALECT.credential(sent)
    assert raised.value.fault == fault


@pytest.mark.parametrize(("reset", "told"), [(1_790_000_000.0, "1790000000"), (1_790_000_000.2, "1790000001")])
def test_the_rate_limit_is_told_in_seconds(reset: float, told: str) -> None:
    assert DIALECT.rate_headers(Rate(600, 12, reset)) == (
        ("X-RateLimit-Limit", "600"),
        ("X-RateLimit-Remaining", "12"),
        ("X-RateLimit-Reset", told),
    )


def test_it_is_found_and_says_how_to_begin() -> None:
    assert dialects.load()["asn"] is DIALECT
    assert DIALECT.decorate({}) == ()
    command = DIALECT.example.replace("{base}", "http://x").replace("{key}", "asn_live_0")
    assert json.loads(command.partition("-d '")[2].rstrip("'")) == {"name": "my-agent", "class": "A"}
    assert 'http://x/api/v1/agents -H "Authorization: Bearer asn_live_0"' in command
