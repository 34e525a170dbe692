"""Pecta's signatures over HTTP, with the secrets that the command line hands out."""

from __future__ import annotations

import hmac
import json
import time

import httpx
import pytest

from tests.invoking import invoke
from tests.running import Running
from tests.wire.callers import Callers, credential, entries
from tests.wire.refusals import is_refused
from tests.wire.reports import pecta_evaluation

BODY = json.dumps({"events": [pecta_evaluation("signed")]}, indent=1).encode()
OTHER = json.dumps({"events": [pecta_evaluation("signed", passed=False)]}, indent=1).encode()
ROTATED_WITHIN_SECONDS = 10


@pytest.fixture(scope="module")
def key(callers: Callers) -> dict[str, str]:
    """A key and its secret."""
    return callers.key("pecta")


def signature(secret: str, body: bytes) -> str:
    """As the vendor's page has it."""
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def send(server: Running, token: str, signed: str | None, body: bytes = BODY) -> httpx.Response:
    """An ingest with this signature."""
    headers = {**credential("pecta", token), "Content-Type": "application/json"}
    if signed is not None:
        headers["X-Pecta-Signature"] = signed
    return httpx.post(f"{server.base_url}/v1/ingest", content=body, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code."""
    return answer.status_code, str(answer.json().get("code"))


def test_a_right_signature(own: Running, key: dict[str, str]) -> None:
    assert key["secret"].startswith("sk_live_")
    assert len(key["secret"]) == len("sk_live_") + 32
    assert send(own, key["key"], signature(key["secret"], BODY)).status_code == 202


def test_no_signature(own: Running, key: dict[str, str]) -> None:
    assert send(own, key["key"], None).status_code == 202


def test_a_wrong_signature(own: Running, callers: Callers, key: dict[str, str]) -> None:
    """Of another body, with another key's secret, with the key itself, and no signature at all: nothing is stored."""
    secret, before = key["secret"], entries(own.data)
    right = signature(secret, BODY)
    wrong = [
        signature(secret, OTHER),
        signature(secret, json.dumps(json.loads(BODY)).encode()),
        signature(callers.key("pecta")["secret"], BODY),
        signature(key["key"], BODY),
        right[:-1] + ("0" if right[-1] != "0" else "1"),
    ]
    malformed = ["", "sha256=", "sha256", right.removeprefix("sha256="), right[:-1], right + "0", f"sha1={right[7:]}"]
    for signed in wrong + malformed:
        assert code(send(own, key["key"], signed)) == (401, "hmac_invalid"), signed
    assert entries(own.data) == before


def test_it_is_checked_before_the_body_is_read(own: Running, key: dict[str, str]) -> None:
    assert code(send(own, key["key"], signature(key["secret"], BODY), b"{")) == (401, "hmac_invalid")
    assert code(send(own, key["key"], signature(key["secret"], b"{"), b"{")) == (400, "bad_json")


def test_the_key_is_checked_before_the_signature(own: Running, key: dict[str, str]) -> None:
    assert code(send(own, "pk_live_" + "0" * 32, signature(key["secret"], BODY))) == (401, "auth_invalid")


def test_registrations_are_signed_too(own: Running, key: dict[str, str]) -> None:
    body = b'{"agent_id": "registered"}'
    for signed, status in ((signature(key["secret"], body), 201), (signature(key["secret"], BODY), 401)):
        headers = {**credential("pecta", key["key"]), "X-Pecta-Signature": signed}
        assert httpx.post(f"{own.base_url}/v1/agents", content=body, headers=headers).status_code == status


def test_a_repeated_request_is_checked_again(own: Running, key: dict[str, str]) -> None:
    headers = {**credential("pecta", key["key"]), "Idempotency-Key": "signed once"}
    answers = [
        httpx.post(f"{own.base_url}/v1/ingest", content=BODY, headers={**headers, "X-Pecta-Signature": signed})
        for signed in (signature(key["secret"], BODY), signature(key["secret"], OTHER), signature(key["secret"], BODY))
    ]
    assert [answer.status_code for answer in answers] == [202, 401, 202]
    assert answers[2].headers["idempotency-replayed"] == "true"


def test_a_rotated_secret(own: Running, callers: Callers) -> None:
    """The new one counts within a second, the old one no more; the token stays."""
    made = callers.key("pecta")
    old = signature(made["secret"], BODY)
    assert send(own, made["key"], old).status_code == 202
    outcome = invoke("key", "rotate-secret", made["id"], "--data", own.data, "--json")
    rotated = json.loads(outcome.stdout)
    assert (rotated["id"], "key" in rotated) == (made["id"], False)
    assert rotated["secret"] != made["secret"]
    new, deadline = signature(rotated["secret"], BODY), time.monotonic() + ROTATED_WITHIN_SECONDS
    while send(own, made["key"], new).status_code != 202:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert code(send(own, made["key"], old)) == (401, "hmac_invalid")
    assert send(own, made["key"], None).status_code == 202


def test_where_no_key_is_asked_for_there_is_no_secret(opened: Running, key: dict[str, str]) -> None:
    """A signature that cannot be checked is not taken for a good one."""
    answer = send(opened, key["key"], signature(key["secret"], BODY))
    assert is_refused("pecta", answer, 401)
    assert code(answer) == (401, "hmac_no_secret")
    assert send(opened, key["key"], None).status_code == 202
