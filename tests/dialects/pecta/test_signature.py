"""X-Pecta-Signature: optional, over the raw body, before anything reads it."""

from __future__ import annotations

import hmac
import json

import pytest

from tests.dialects.pecta import page
from tests.dialects.pecta.conftest import Client, event

SECRET = b"sk_live_" + b"5" * 32
POSTS = [("/v1/ingest", json.dumps({"events": [event()]}).encode(), 202), ("/v1/agents", b'{"agent_id":"a"}', 201)]


def signed(body: bytes, secret: bytes = SECRET) -> dict[str, str]:
    return {"x-pecta-signature": "sha256=" + hmac.new(secret, body, "sha256").hexdigest()}


@pytest.mark.parametrize(("path", "body", "status"), POSTS)
def test_a_right_signature(client: Client, path: str, body: bytes, status: int) -> None:
    client.secret, client.headers = SECRET, signed(body)
    assert client.post(path, body)[0] == status


def test_a_known_signature(client: Client) -> None:
    digest = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"  # RFC 4231's HMAC of "", no key
    client.secret, client.headers = b"", {"x-pecta-signature": f"sha256={digest}"}
    assert client.post("/v1/ingest", b"")[1]["code"] == "bad_json"


def test_the_bytes_count_and_not_the_json(client: Client) -> None:
    client.secret = SECRET
    client.headers = signed(page.REQUEST)
    assert client.post("/v1/ingest", page.REQUEST)[0] == 202
    assert client.post("/v1/ingest", json.loads(page.REQUEST))[1]["code"] == "hmac_invalid"


def test_hex_in_capitals_is_hex(client: Client) -> None:
    body = b'{"agent_id":"a"}'
    digest = hmac.new(SECRET, body, "sha256").hexdigest().upper()
    client.secret, client.headers = SECRET, {"x-pecta-signature": f"sha256={digest}"}
    assert client.post("/v1/agents", body)[0] == 201


@pytest.mark.parametrize(("path", "body", "_"), POSTS)
@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256=",
        "sha256=zz",
        "sha256=" + "0" * 63,
        "sha256=" + "0" * 64,
        "sha256=" + "0" * 65,
        "sha256=" + "00 " * 21 + "0",
        "SHA256=" + "0" * 64,
        "sha1=" + "0" * 40,
        signed(b"")["x-pecta-signature"],
        hmac.new(SECRET, b"", "sha256").hexdigest(),
        signed(b"{}", b"sk_live_" + b"6" * 32)["x-pecta-signature"],
    ],
)
def test_any_other_signature_is_refused(client: Client, path: str, body: bytes, _: int, header: str) -> None:
    client.secret, client.headers = SECRET, {"x-pecta-signature": header}
    status, answer = client.post(path, body)
    assert (status, answer["code"], answer["status"]) == (401, "hmac_invalid", 401)
    assert answer["error"].startswith("HMAC signature does not match")
    assert client.store.size() == 0


def test_a_secret_that_was_rotated_signs_no_more(client: Client) -> None:
    body = POSTS[0][1]
    client.secret, client.headers = b"sk_live_" + b"6" * 32, signed(body)
    assert client.post("/v1/ingest", body)[1]["code"] == "hmac_invalid"
    client.headers = signed(body, client.secret)
    assert client.post("/v1/ingest", body)[0] == 202


def test_a_key_without_a_secret(client: Client) -> None:
    body = POSTS[0][1]
    for client.headers in (signed(body), {"x-pecta-signature": "nonsense"}):
        status, answer = client.post("/v1/ingest", body)
        assert (status, answer["code"], answer["status"]) == (401, "hmac_no_secret", 401)


@pytest.mark.parametrize("secret", [SECRET, None])
def test_no_header_skips_it(client: Client, secret: bytes | None) -> None:
    client.secret = secret
    assert client.ingest(event())[0] == 202


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"events":[{}]}'])
def test_it_comes_before_any_parsing(client: Client, body: bytes) -> None:
    client.secret, client.headers = SECRET, signed(b"another body")
    assert client.post("/v1/ingest", body)[1]["code"] == "hmac_invalid"
