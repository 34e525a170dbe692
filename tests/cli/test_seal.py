"""`affidavit seal`, the file `checkpoint`, and a server that finds it beside an older copy of its ledger."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from affidavit.core.checkpoint import open_checkpoint
from affidavit.core.notekey import parse_verifier_key
from tests.cli.conftest import post
from tests.cli.program import affidavit
from tests.conftest import Starter

EVENT = {"agent_id": "agent", "session_id": "session", "action_type": "TOOL_CALL", "duration_ms": 1.5}


@pytest.fixture
def copy(ledger: Path, tmp_path: Path) -> Path:
    """A ledger of its own for each test, without a server."""
    return Path(shutil.copytree(ledger, tmp_path / "copy", copy_function=shutil.copy))


def test_seals_what_is_there(copy: Path) -> None:
    """Prints the file `checkpoint`, which the signer's key verifies; the same again while nothing is new."""
    for name in ("checkpoint", "ledger.sqlite-wal"):
        (copy / name).unlink(missing_ok=True)
    said = affidavit("seal", "--data", copy).stdout
    assert (copy / "checkpoint").read_text() == said
    key = json.loads(affidavit("signer", "--data", copy, "--json").stdout)["signer"]
    head = open_checkpoint(said.encode(), [parse_verifier_key(key)]).head
    assert head.size == 4
    told = json.loads(affidavit("seal", "--data", copy, "--json").stdout)
    assert told == {"size": 4, "root": head.root.hex(), "checkpoint": said}


def test_nothing_to_seal(tmp_path: Path) -> None:
    affidavit("init", "--data", tmp_path / "data")
    ended = affidavit("seal", "--data", tmp_path / "data", code=1)
    assert (ended.stdout, ended.stderr) == ("", "The ledger has no entries: there is nothing to sign.\n")


def test_not_beside_a_server(copy: Path, starter: Starter) -> None:
    """It seals by itself: where, and how at once, is said."""
    starter(copy)
    said = affidavit("seal", "--data", copy, code=2).stderr
    assert f"a server runs on {copy} and seals it" in said
    assert "POST /v1/affidavit/seal" in said


def test_an_older_copy_is_read_and_not_served(copy: Path, tmp_path: Path, starter: Starter) -> None:
    """A backup brought back beside the newer `checkpoint`: no second history is signed."""
    older = tmp_path / "older.sqlite"
    shutil.copy(copy / "ledger.sqlite", older)
    server = starter(copy)
    post(server, "provenlog", "/v1/events", EVENT)
    assert server.stop() == 0
    kept = (copy / "checkpoint").read_bytes()
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "index.sqlite"):
        (copy / name).unlink(missing_ok=True)
    shutil.copy(older, copy / "ledger.sqlite")

    for command in (["serve", "--port", "0"], ["seal"], ["signer", "rotate"]):
        said = affidavit(*command, "--data", copy, code=2).stderr
        assert "this is an older copy of it, from a backup perhaps" in said
        assert "`affidavit show`, `verify` and `export` still read this one" in said
    assert (copy / "checkpoint").read_bytes() == kept
    assert affidavit("show", "0", "--data", copy).returncode == 0
    report = json.loads(affidavit("verify", copy, "--json", code=1).stdout)
    assert [problem["code"] for problem in report["problems"]] == ["checkpoint-mismatch"]
    case = tmp_path / "case.affidavit"
    key = json.loads(affidavit("export", "--all", "--data", copy, "-o", case, "--json").stdout)["key"]
    assert affidavit("verify", case, "--key", key).returncode == 0
    newest = tmp_path / "newest"
    newest.write_bytes(kept)
    assert affidavit("verify", case, "--key", key, "--checkpoint", newest, code=3).returncode == 3, "an auditor sees it"


@pytest.mark.parametrize("damage", [b"", b"no note\n", b"\xff\n\n\xff\n"])
def test_a_damaged_checkpoint_is_a_problem(copy: Path, damage: bytes) -> None:
    """It has a code where the ledger is verified, and nothing is sealed or served until somebody has looked."""
    (copy / "checkpoint").write_bytes(damage)
    report = json.loads(affidavit("verify", copy, "--json", code=1).stdout)
    (problem,) = report["problems"]
    assert problem["code"] == "checkpoint-mismatch"
    assert "checkpoint is damaged" in problem["message"]
    assert "move the file away" in affidavit("serve", "--data", copy, "--port", "0", code=2).stderr
    (copy / "checkpoint").unlink()
    assert affidavit("seal", "--data", copy).returncode == 0
    assert affidavit("verify", copy).returncode == 0
