"""`--open`: no key is asked for, so nobody but programs on this machine gets in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Running, run, start
from tests.server.endpoints import Endpoint
from tests.server.raw import Raw, request


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that asks for no key."""
    running = start(tmp_path_factory.mktemp("open") / "data", "--open")
    yield running
    assert running.stop() == 0


@pytest.mark.parametrize("credential", [None, "", "Basic x", "Bearer anything", "Bearer als_0", "Bearer pl_0", "\xe9"])
def test_any_credential_is_accepted(endpoint: Endpoint, opened: Running, credential: str | None) -> None:
    headers = {} if credential is None else {"Authorization": credential}
    with Raw(opened.base_url) as client:
        client.send(request("POST", endpoint.path, endpoint.holding(), **headers))
        reply = client.reply()
        assert reply.status == 201
        client.send(request("GET", f"{endpoint.vendor.listing}/{endpoint.ids(reply.json)[0]}", **headers))
        assert client.reply().status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:7600", "localhost", "LOCALHOST:1", "[::1]:7600", "127.9.9.9"])
def test_this_machine_is_let_in_by_any_name(endpoint: Endpoint, opened: Running, host: str) -> None:
    answer = httpx.post(opened.base_url + endpoint.path, content=endpoint.holding(), headers={"Host": host})
    assert answer.status_code == 201


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:7600", "https://[::1]"])
def test_pages_of_this_machine_are_let_in(endpoint: Endpoint, opened: Running, origin: str) -> None:
    answer = httpx.post(opened.base_url + endpoint.path, content=endpoint.holding(), headers={"Origin": origin})
    assert answer.status_code == 201


FOREIGN = [
    ("Host", "example.com"),
    ("Host", "example.com:7600"),
    ("Host", "localhost.example.com"),
    ("Host", "127.0.0.1.nip.io"),
    ("Host", "192.168.1.10:7600"),
    ("Host", "0.0.0.0"),
    ("Host", "[::]:7600"),
    ("Host", "[:7600"),
    ("Host", "localhost:x@example.com"),
    ("Origin", "https://example.com"),
    ("Origin", "null"),
    ("Origin", "file://"),
    ("Origin", "http://localhost.example.com"),
    ("Origin", "http://[::1"),
    ("Origin", "http://example.com@localhost.example.com"),
]


@pytest.mark.parametrize(("header", "value"), FOREIGN, ids=[value for _, value in FOREIGN])
def test_what_a_web_page_caused_is_refused(endpoint: Endpoint, opened: Running, header: str, value: str) -> None:
    before = httpx.get(f"{opened.base_url}/v1/stats").json()["total_events"]
    for method, path in (("POST", endpoint.path), ("GET", endpoint.vendor.listing)):
        answer = httpx.request(method, opened.base_url + path, content=endpoint.holding(), headers={header: value})
        assert answer.status_code == 403
        assert endpoint.vendor.is_refusal(403, answer.json())
        assert "access-control-allow-origin" not in answer.headers
    assert httpx.get(f"{opened.base_url}/v1/stats").json()["total_events"] == before


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_no_address_but_loopback_can_be_open(data: Path, host: str) -> None:
    refused = run("serve", "--open", "--host", host, "--data", data)
    assert refused.returncode == 2
    assert "--open asks nobody for a key" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not data.exists()
