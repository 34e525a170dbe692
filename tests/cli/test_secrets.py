"""secrets.key: made with a ledger's first need of it, and never anew under keys that have their secrets from it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from pathlib import Path

import httpx
import pytest

from affidavit.dialects.pecta import DIALECT
from affidavit.storage.memory import MemoryStore
from affidavit.wiring import secrets
from affidavit.wiring.secrets import MASTER_FILE, master_secret
from tests.cli.program import affidavit
from tests.conftest import Starter


@pytest.fixture
def made(data: Path) -> dict[str, str]:
    """A ledger with one key, which signs."""
    affidavit("init", "--data", data)
    key: dict[str, str] = json.loads(affidavit("key", "create", "--dialect", "pecta", "--data", data, "--json").stdout)
    assert key["secret"].startswith(DIALECT.secret_prefix)
    return key


def test_without_it_nothing_that_needs_it_goes_on(data: Path, made: dict[str, str], starter: Starter) -> None:
    master, listed = data / MASTER_FILE, affidavit("key", "list", "--data", data, "--json").stdout
    whole = master.read_text()
    master.unlink()
    for command in (
        ("serve", "--port", "0"),
        ("key", "create", "--dialect", "pecta"),
        ("key", "rotate-secret", made["id"]),
    ):
        refused = affidavit(*command, "--data", data, code=2).stderr
        assert f"{master} is missing, and the signing secrets of {made['id']} come from it" in refused
        assert "affidavit key revoke" in refused
        assert not master.exists()
    assert affidavit("key", "list", "--data", data, "--json").stdout == listed
    affidavit("key", "create", "--dialect", "asn", "--data", data)  # has none
    master.write_text(whole)
    master.chmod(0o600)
    assert starter(data).stop() == 0


def test_once_its_keys_are_revoked_another_is_made(data: Path, made: dict[str, str], starter: Starter) -> None:
    master = data / MASTER_FILE
    whole = master.read_text()
    master.unlink()
    affidavit("key", "revoke", made["id"], "--data", data)
    assert starter(data).stop() == 0
    assert master.read_text() != whole


def test_whoever_makes_it_first_all_have_the_same(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process makes it between the look for it and the making of it."""
    affidavit("init", "--data", data)
    others = []
    draw = os.urandom

    def draw_slowly(count: int) -> bytes:
        if not others:
            others.append(b"")
            others[0] = master_secret(data, MemoryStore())
        return draw(count)

    monkeypatch.setattr(secrets.os, "urandom", draw_slowly)
    assert master_secret(data, MemoryStore()) == others[0] != b""


def test_the_keys_of_a_first_start_come_with_the_secret(data: Path, starter: Starter) -> None:
    server = starter(data)
    found = re.search(r"^  pecta +(\S+)\n  pecta secret +(\S+)$", server.printed, re.MULTILINE)
    assert found
    token, secret = found.groups()
    body = b'{"events":[{"agent_id":"a","tool":"t","passed":true,"total_latency_ms":4,"gates":[]}]}'
    signed = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    for signature, status in ((signed, 202), (signed[::-1], 401)):
        headers = {"Authorization": f"Bearer {token}", "X-Pecta-Signature": f"sha256={signature}"}
        assert httpx.post(f"{server.base_url}/v1/ingest", content=body, headers=headers).status_code == status
    assert server.stop() == 0
    assert DIALECT.secret_prefix not in starter(data).printed


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644])
def test_a_ledger_that_others_can_read_is_not_used(data: Path, mode: int) -> None:
    """As a backup that was put back has it."""
    affidavit("init", "--data", data)
    ledger = data / "ledger.sqlite"
    ledger.chmod(mode)
    for command in (("serve", "--port", "0"), ("verify",), ("key", "list")):
        assert f"chmod 600 {ledger}" in affidavit(*command, "--data", data, code=2).stderr
    ledger.chmod(0o600)
    affidavit("verify", "--data", data)
