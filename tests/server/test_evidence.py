"""The ledger's evidence over HTTP: who may see it, under which paths, and that it is the running ledger's own."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from affidavit.core.checkpoint import open_checkpoint
from affidavit.core.notekey import parse_verifier_key
from affidavit.core.proof import parse_proof, verify_proof
from affidavit.core.receipt import receipts_name
from tests.running import Running
from tests.storing import Storing

PUBLIC = ("/ledger/checkpoint", "/ledger/key", "/ledger/keys", "/ledger/tile/0/000.p/1", "/ledger/tile/entries/000.p/1")
GUARDED = ("/v1/affidavit/consistency?from=1", "/v1/affidavit/heads", "/v1/affidavit/entries/0/proof")
SECONDS = 30


@pytest.fixture(scope="module", params=["0", "1"], ids=["private", "public"])
def ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, storing: Storing
) -> Iterator[tuple[Running, bool]]:
    """A server with a sealed event, and whether its evidence is public."""
    environment = {"AFFIDAVIT_PUBLIC_EVIDENCE": request.param, "AFFIDAVIT_HEADS_SECONDS": "1"}
    running = storing.start(tmp_path_factory.mktemp("evidence") / "data", environment=environment)
    try:
        reporter = {"Authorization": f"Bearer {running.key('provenlog')}"}
        assert httpx.post(f"{running.base_url}/v1/events", json={"agent_id": "a"}, headers=reporter).is_success
        deadline = time.monotonic() + SECONDS
        while asked(running, "/v1/affidavit/heads").status_code == 503:
            assert time.monotonic() < deadline, "nothing was sealed"
            time.sleep(0.05)
        yield running, request.param == "1"
    finally:
        assert running.stop() == 0


def asked(running: Running, path: str, *scopes: str) -> httpx.Response:
    """With a key that has these scopes; without saying which, as new keys are."""
    return httpx.get(
        running.base_url + path, headers={"Authorization": f"Bearer {running.key('affidavit', scopes or None)}"}
    )


@pytest.mark.parametrize("path", PUBLIC)
def test_a_key_is_needed_unless_it_is_public(ledger: tuple[Running, bool], path: str) -> None:
    running, is_public = ledger
    granted = asked(running, path, "evidence")
    assert granted.status_code == 200
    visited = httpx.get(running.base_url + path)
    assert visited.status_code == (200 if is_public else 401)
    assert asked(running, path, "read").status_code == (200 if is_public else 403)
    assert not is_public or visited.headers["content-type"] == granted.headers["content-type"]


@pytest.mark.parametrize("path", GUARDED)
def test_what_is_of_a_workspace_is_never_public(ledger: tuple[Running, bool], path: str) -> None:
    running, _ = ledger
    assert asked(running, path, "evidence").status_code == 200
    assert asked(running, path, "read").status_code == 403
    refused = httpx.get(running.base_url + path)
    assert (refused.status_code, refused.json()["status"]) == (401, 401)


def test_the_keys_are_those_that_sign(ledger: tuple[Running, bool]) -> None:
    running, _ = ledger
    key = parse_verifier_key(asked(running, "/ledger/key").text.removesuffix("\n"))
    note = asked(running, "/ledger/checkpoint").content
    assert open_checkpoint(note, [key]).head.origin == key.name
    keys = asked(running, "/ledger/keys").json()
    assert (keys["origin"], keys["signer"]) == (key.name, str(key))
    assert parse_verifier_key(keys["receipts"]).name == receipts_name(key.name)
    entry = asked(running, "/v1/affidavit/entries/0").json()
    proof = parse_proof(asked(running, "/v1/affidavit/entries/0/proof").content)
    verify_proof(proof, bytes.fromhex(entry["hash"]), [key])


def test_paths(ledger: tuple[Running, bool]) -> None:
    running, _ = ledger
    tile = asked(running, "/ledger/tile/0/000.p/1")
    for same in ("/affidavit/ledger/tile/0/000.p/1", "/ledger/tile/0%2F000.p%2F1"):
        assert asked(running, same).content == tile.content
    for missing in ("/ledger", "/ledger/", "/ledger/tile", "/ledger/tile/", "/ledger/tile/0", "/ledger/nothing"):
        refused = asked(running, missing)
        assert (refused.status_code, refused.json()["status"]) == (404, 404)
    wrong = httpx.post(f"{running.base_url}/ledger/tile/0/000.p/1")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD")
    head = httpx.head(f"{running.base_url}/ledger/key", headers=tile.request.headers)
    assert (head.status_code, head.content) == (200, b"")


def test_the_receipts_key_is_made_once(tmp_path: Path, storing: Storing) -> None:
    running = storing.start(tmp_path / "data")
    file, shown = running.data / "receipts.key", asked(running, "/ledger/keys").json()
    made = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert running.stop() == 0
    running = storing.start(tmp_path / "data")
    assert asked(running, "/ledger/keys").json() == shown
    assert file.read_text() == made
    assert running.stop() == 0
