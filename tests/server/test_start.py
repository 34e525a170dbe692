"""Starting where it cannot be: clear words, exit code 2, and nothing is harmed."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import httpx
import pytest

from tests.running import Running, run, start


def test_a_second_server_on_the_same_directory_is_refused(server: Running) -> None:
    refused = run("serve", "--data", server.data, "--port", "0")
    assert refused.returncode == 2
    assert f"is in use by process {server.process.pid}" in refused.stderr
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr
    assert httpx.get(server.base_url + "/readyz").status_code == 200


def test_a_port_that_is_taken_is_refused(data: Path) -> None:
    assert run("init", "--data", data).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("serve", "--data", data, "--port", str(port))
    assert refused.returncode == 2
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in refused.stderr
    assert "Choose another address or port" in refused.stderr
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "300.1.1.1", "a" * 300])
def test_an_address_that_is_not_ours_is_refused(data: Path, host: str) -> None:
    refused = run("serve", "--data", data, "--host", host, "--port", "0")
    assert refused.returncode == 2
    assert refused.stderr.startswith("affidavit: cannot listen on ")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AFFIDAVIT_PORT", "x"),
        ("AFFIDAVIT_PORT", "70000"),
        ("AFFIDAVIT_BODY_BYTES", "0"),
        ("AFFIDAVIT_OPEN", "perhaps"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(data: Path, variable: str, value: str) -> None:
    refused = run("serve", "--data", data, env={variable: value})
    assert refused.returncode == 2
    assert variable.removeprefix("AFFIDAVIT_").lower() in refused.stderr.lower()
    assert "Traceback" not in refused.stderr
    assert not data.exists()


def test_a_server_listens_on_ipv6_too(data: Path) -> None:
    server = start(data, "--host", "::1")
    assert server.base_url.startswith("http://[::1]:")
    assert httpx.get(server.base_url + "/readyz").json() == {"status": "ok"}
    assert server.stop() == 0


def test_what_was_recorded_is_there_after_a_restart(data: Path) -> None:
    server = start(data)
    token = server.key("provenlog")
    headers = {"Authorization": f"Bearer {token}"}
    first = httpx.post(server.base_url + "/v1/events", json={"agent_id": "a"}, headers=headers).json()
    assert server.stop() == 0
    another = start(data)
    assert httpx.get(f"{another.base_url}/v1/events/{first['id']}", headers=headers).json() == first
    second = httpx.post(another.base_url + "/v1/events", json={"agent_id": "a"}, headers=headers).json()
    assert (second["sequence"], second["prev_hash"]) == (2, first["hash"])
    assert another.stop() == 0
    assert json.loads(run("verify", "--data", data, "--json").stdout)["status"] == "proven"
