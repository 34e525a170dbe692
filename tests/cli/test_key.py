"""`affidavit key`: beside a running server, for people and for machines."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from affidavit import dialects
from tests.cli.program import affidavit
from tests.invoking import invoke
from tests.running import Running
from tests.vendors import bearer

EVENT = {"agent_id": "keys"}
REVOKED_WITHIN_SECONDS = 10


def _report(server: Running, token: str) -> int:
    return httpx.post(f"{server.base_url}/v1/events", json=EVENT, headers=bearer(token)).status_code


def _listed(server: Running) -> dict[str, dict[str, Any]]:
    keys = json.loads(invoke("key", "list", "--data", server.data, "--json").stdout)
    return {key["id"]: key for key in keys}


@pytest.mark.parametrize("name", dialects.load())
def test_create_for_machines(server: Running, name: str) -> None:
    """Every dialect has keys of its own shape, and a new one may do everything that is usual there."""
    dialect = dialects.load()[name]
    made = json.loads(affidavit("key", "create", "--dialect", name, "--data", server.data, "--json").stdout)
    assert made["key"].startswith(dialect.key_prefix)
    usual = list(dialect.scopes if dialect.usual_scopes is None else dialect.usual_scopes)
    assert (made["dialect"], made["workspace"], made["scopes"]) == (name, "default", usual)
    assert made.get("secret", "").startswith(dialect.secret_prefix)
    assert ("secret" in made) == bool(dialect.secret_prefix)
    shown = {field: value for field, value in made.items() if field not in ("key", "secret")}
    assert _listed(server)[made["id"]] == shown


def test_create_for_people(server: Running) -> None:
    """The token alone on the first line; it works at once, and is nowhere in the data directory."""
    printed = affidavit("key", "create", "--dialect", "provenlog", "--data", server.data).stdout
    token = printed.splitlines()[0]
    assert _report(server, token) == 201
    assert "not shown again" in printed
    for file in server.data.iterdir():
        assert token.encode() not in file.read_bytes()
    assert token not in affidavit("key", "list", "--data", server.data).stdout


def test_a_key_that_signs_for_people(server: Running) -> None:
    """Token and secret on lines of their own; neither is kept."""
    printed = affidavit("key", "create", "--dialect", "pecta", "--data", server.data).stdout.splitlines()
    assert [line[:8] for line in printed[:2]] == ["pk_live_", "sk_live_"]
    identity = next(word for word in printed[3].split() if word.startswith("key_"))
    rotated = affidavit("key", "rotate-secret", identity, "--data", server.data).stdout.splitlines()
    assert rotated[0].startswith("sk_live_")
    assert rotated[0] != printed[1]
    for file in server.data.iterdir():
        assert not any(line.encode() in file.read_bytes() for line in (*printed[:2], rotated[0]))


@pytest.mark.parametrize("dialect", [None, "provenlog"])
def test_a_key_that_does_not_sign_has_no_secret_to_rotate(server: Running, dialect: str | None) -> None:
    """Not so: 1, for no key at all as well."""
    identity = server.new_key(dialect)["id"] if dialect else "key_0"
    outcome = invoke("key", "rotate-secret", identity, "--data", server.data)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert f"there is no key {identity} that signs" in outcome.stderr


def test_scopes(server: Running) -> None:
    """A key may do what it was made for."""
    made = server.new_key("provenlog", ["events:read"])
    assert made["scopes"] == ["events:read"]
    assert _report(server, made["key"]) == 403
    assert httpx.get(f"{server.base_url}/v1/events", headers=bearer(made["key"])).status_code == 200


def test_expiry(server: Running) -> None:
    """Days from now."""
    made = server.new_key("provenlog", None, "--expires-days", "30")
    assert made["created_at"] < made["expires_at"]
    assert not made["expired"]
    assert _report(server, made["key"]) == 201


def test_list_for_people(server: Running) -> None:
    """A line a key, with its state."""
    good, gone = server.new_key("provenlog"), server.new_key("provenlog")
    affidavit("key", "revoke", gone["id"], "--data", server.data)
    lines = {
        line.split()[0]: line.split()[1:]
        for line in affidavit("key", "list", "--data", server.data).stdout.splitlines()
    }
    assert lines[good["id"]] == ["provenlog", "default", "good", "events:write,events:read"]
    assert lines[gone["id"]][2] == "revoked"


def test_revoke(server: Running) -> None:
    """The running server follows; the first revocation stands; other keys go on."""
    made, other = server.new_key("provenlog"), server.new_key("provenlog")
    assert _report(server, made["key"]) == 201
    assert affidavit("key", "revoke", made["id"], "--data", server.data).stdout == f"Revoked {made['id']}.\n"
    deadline = time.monotonic() + REVOKED_WITHIN_SECONDS
    while _report(server, made["key"]) != 401:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    revoked = json.loads(affidavit("key", "revoke", made["id"], "--data", server.data, "--json").stdout)
    assert revoked == _listed(server)[made["id"]]
    assert revoked["revoked_at"]
    assert _report(server, other["key"]) == 201


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "--dialect", "esperanto"), "there is no dialect 'esperanto': there are affidavit, agentlens"),
        (
            ("create", "--dialect", "provenlog", "--scope", "write"),
            "no scope 'write': it has events:write, events:read",
        ),
        (
            ("create", "--dialect", "provenlog", "--workspace", "w\x1b[2J"),
            r"no workspace 'w\x1b[2J': there are default",
        ),
        (("create", "--dialect", "provenlog", "--expires-days", "0"), "expires-days"),
        (("create", "--dialect", "provenlog", "--expires-days", "999999999999999"), "expires-days"),
        (("create",), "--dialect"),
        (("unheard",), "No such command"),
    ],
)
def test_refusals(server: Running, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str) -> None:
    """Each says what there is instead; no key is made."""
    before = _listed(server)
    monkeypatch.setenv("AFFIDAVIT_DATA", str(server.data))
    outcome = invoke("key", *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert words in outcome.stderr
    assert _listed(server) == before


@pytest.mark.parametrize("key", ["key_0000000000000000", "", "\udcff", "'; DROP TABLE keys; --"])
def test_revoke_what_is_not_there(server: Running, key: str) -> None:
    """Not so: 1, whatever was asked for."""
    outcome = invoke("key", "revoke", key, "--data", server.data)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert "affidavit: there is no key" in outcome.stderr


def test_without_a_server(ledger: Path) -> None:
    """Keys are kept in the ledger, not in the server."""
    made = json.loads(affidavit("key", "create", "--dialect", "agentlens", "--data", ledger, "--json").stdout)
    assert made["id"] in affidavit("key", "list", "--data", ledger).stdout
