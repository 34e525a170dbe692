"""Ports of a dialect's own: what several dialects have is its there, whatever key is shown."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from affidavit.errors import SettingError
from affidavit.wiring.listeners import ports_for
from tests.conftest import Starter
from tests.running import run

KNOWN = ("agentlens", "pecta")


def test_ports_are_read_from_one_text() -> None:
    assert ports_for("agentlens=3400, pecta=0", KNOWN) == {"agentlens": 3400, "pecta": 0}
    assert ports_for("", KNOWN) == {}


@pytest.mark.parametrize("text", ["nobody=1", "agentlens", "agentlens=", "agentlens=x", "agentlens=65536", "=3400"])
def test_what_names_no_port_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match=r"no dialect|names no port"):
        ports_for(text, KNOWN)


def test_a_port_that_cannot_be_had_leaves_nothing_behind(data: Path) -> None:
    refused = run("serve", "--data", data, "--port", "0", "--port-for", "nobody=1")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "there is no dialect" in refused.stderr
    assert not data.exists()


def test_shared_paths_are_the_dialects_own_on_its_port(data: Path, starter: Starter) -> None:
    server = starter(data, "--port-for", "pecta=0")
    own = re.search(r"On (http://\S+) a path that several have is pecta's", server.printed)
    assert own
    key = {"Authorization": f"Bearer {server.key('provenlog')}"}
    assert httpx.get(f"{server.base_url}/v1/events", headers=key).json() == []
    refused = httpx.get(f"{own[1]}/v1/events", headers=key)
    assert (refused.status_code, refused.json()["code"]) == (401, "auth_format")
    assert httpx.get(f"{own[1]}/v1/stats", headers=key).status_code == 200  # nobody else has it
    pecta = {"Authorization": f"Bearer {server.key('pecta')}"}
    for base in (server.base_url, own[1]):
        assert "events" in httpx.get(f"{base}/v1/events", headers=pecta).json()
