"""Credentials and refusals."""

from __future__ import annotations

import json

import pytest

from affidavit import dialects, errors
from affidavit.dialects.native import DIALECT


def test_it_is_found() -> None:
    assert dialects.load()["affidavit"] is DIALECT


@pytest.mark.parametrize(
    ("sent", "fault"),
    [({}, "missing"), ({"authorization": "Basic x"}, "malformed"), ({"authorization": "Bearer "}, "malformed")],
)
def test_bad_credentials(sent: dict[str, str], fault: str) -> None:
    with pytest.raises(errors.Unauthenticated, match="aff_") as caught:
        DIALECT.credential(sent)
    assert caught.value.fault == fault


def test_a_credential() -> None:
    assert DIALECT.credential({"authorization": "bearer aff_00"}) == "aff_00"


@pytest.mark.parametrize(
    ("refusal", "headers"),
    [
        (errors.Unauthenticated("missing", "words"), {"WWW-Authenticate": "Bearer"}),
        (errors.Forbidden("words", required="read", held=()), {}),
        (errors.NotFound("words"), {}),
        (errors.MethodNotAllowed("words", allowed=("GET", "HEAD")), {"Allow": "GET, HEAD"}),
        (errors.TooLarge("words", limit=1), {}),
        (errors.UnsupportedEncoding("words"), {}),
        (errors.KeyReused("words"), {}),
        (errors.RateLimited("words", retry_after=7), {"Retry-After": "7"}),
        (errors.Unavailable("words", retry_after=2), {"Retry-After": "2"}),
        (errors.InternalError("words"), {}),
    ],
)
def test_every_refusal_has_the_same_shape(refusal: errors.Refused, headers: dict[str, str]) -> None:
    answer = DIALECT.refuse(refusal)
    assert (answer.status, dict(answer.headers)) == (refusal.status, headers)
    assert json.loads(answer.body) == {"error": "words", "status": refusal.status}


@pytest.mark.parametrize("payload", [None, {}, [], {"agent_id": "a"}, {"type": "event"}, {"type": ["heads"]}])
def test_what_the_ledger_does_not_record_itself(payload: object) -> None:
    with pytest.raises(ValueError, match="the ledger itself records heads, erasure"):
        DIALECT.project(payload)
