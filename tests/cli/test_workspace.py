"""`affidavit workspace`: tenants, made beside a running server."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.cli.program import affidavit
from tests.invoking import invoke
from tests.running import Running
from tests.vendors import bearer


def test_create_and_list(server: Running) -> None:
    """A new workspace's key works at once, and its ledger is empty."""
    said = affidavit("workspace", "create", "made-for-people", "--data", server.data).stdout
    assert said.startswith("Made the workspace made-for-people.")
    made = json.loads(affidavit("workspace", "create", "made.for_machines", "--data", server.data, "--json").stdout)
    assert made == {"name": "made.for_machines"}
    token = server.new_key("provenlog", None, "--workspace", "made-for-people")["key"]
    stats = httpx.get(f"{server.base_url}/v1/stats", headers=bearer(token)).json()
    assert stats["total_events"] == 0
    listed = json.loads(affidavit("workspace", "list", "--data", server.data, "--json").stdout)
    assert listed[0]["name"] == "default"
    assert {"name": "made-for-people", "keys": 1} in listed
    assert {"name": "made.for_machines", "keys": 0} in listed
    assert "made-for-people" in affidavit("workspace", "list", "--data", server.data).stdout


@pytest.mark.parametrize("name", ["", "Capital", "-first", "two words", "a" * 64, "é", "a\x1b[2J", "a/b", "default"])
def test_refusals(server: Running, name: str) -> None:
    """A name that cannot be, or is taken: nothing is made."""
    before = invoke("workspace", "list", "--data", server.data).stdout
    outcome = invoke("workspace", "create", "--data", server.data, "--", name)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "workspace" in outcome.stderr
    assert "\x1b" not in outcome.stderr
    assert invoke("workspace", "list", "--data", server.data).stdout == before
