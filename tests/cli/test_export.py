"""`affidavit export` and `affidavit verify FILE`: from a server's data directory to a verdict."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from affidavit.verifier import affidavit_verify
from tests.cli.conftest import HOSTILE
from tests.cli.program import affidavit
from tests.invoking import Outcome, invoke

SCOPES = {
    "all": (["--all"], 4),
    "agent with a chain": (["--agent", "agent"], 1),
    "agent of a dialect": (["--agent", HOSTILE, "--dialect", "agentlens"], 1),
    "session with a chain": (["--session", "session", "--dialect", "agentlens"], 1),
    "session of a dialect": (["--session", "session", "--dialect", "provenlog"], 1),
    "range": (["--from", "2020-01-01T00:00:00Z", "--to", "2120-01-01T00:00:00Z"], 4),
    "open range": (["--from", "2020-01-01T00:00:00Z"], 4),
}
"""Options, and how many entries they come to. The newest heads are among the entries, and in every bundle once more."""


@pytest.fixture(scope="module", autouse=True)
def sealed(ledger: Path) -> bytes:
    """The newest checkpoint, of a ledger whose server has stopped."""
    return affidavit("seal", "--data", ledger).stdout.encode()


def export(ledger: Path, file: Path, *options: str) -> dict[str, Any]:
    """What it answers for machines."""
    outcome = invoke("export", *options, "--data", ledger, "-o", file, "--json")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    told: dict[str, Any] = json.loads(outcome.stdout)
    return told


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope(ledger: Path, tmp_path: Path, scope: str) -> None:
    options, entries = SCOPES[scope]
    file = tmp_path / "case.affidavit"
    told = export(ledger, file, *options)
    assert list(told) == ["file", "bytes", "entries", "size", "key"]
    assert (told["bytes"], file.stat().st_mode & 0o777) == (file.stat().st_size, 0o600)
    verdict = invoke("verify", file, "--key", told["key"], "--json")
    report = json.loads(verdict.stdout)
    assert (verdict.code, report["status"], report["entries"]) == (0, "proven", told["entries"])
    chains = {line.split('"chain":"')[1][:32] for line in _headers(file)} - {affidavit_verify.LEDGER_CHAIN.decode()}
    of_clients = sum(1 for line in _headers(file) if affidavit_verify.LEDGER_CHAIN.decode() not in line)
    assert of_clients == min(entries, 3)
    assert len(chains) == of_clients
    again = tmp_path / "again.affidavit"
    assert export(ledger, again, *options)["bytes"] == told["bytes"]
    assert again.read_bytes() == file.read_bytes()


def _headers(file: Path) -> list[str]:
    with zipfile.ZipFile(file) as opened:
        return opened.read("headers").decode().splitlines()


def test_the_verifier_alone_says_the_same(ledger: Path, tmp_path: Path, sealed: bytes) -> None:
    file, held = tmp_path / "case.affidavit", tmp_path / "held"
    told = export(ledger, file, "--all")
    held.write_bytes(sealed)
    options = ["--key", told["key"], "--checkpoint", str(held), "--complete", "--max-age", "7d", str(file)]
    command = [sys.executable, "-I", affidavit_verify.__file__, *options]
    for more in ([], ["--json"]):
        alone = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
        assert (alone.returncode, alone.stderr) == (0, "")
        assert invoke("verify", *options, *more) == Outcome(0, alone.stdout, "")


def test_for_people(ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "a case.affidavit"
    said = affidavit("export", "--all", "--data", ledger, "-o", file).stdout
    command = next(line for line in said.splitlines() if line.startswith("Next: affidavit verify "))
    key = command.split(" --key ")[1]
    printed = affidavit("verify", file, "--key", key).stdout
    assert printed.startswith("PROVEN: the evidence holds.\n")
    assert all(title in printed for title in ("\nProven:\n", "\nAsserted only by the ledger:\n", "\nNot proven:\n"))
    assert all(line.isprintable() for line in printed.split("\n"))


def test_a_changed_file(ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "case.affidavit"
    key = export(ledger, file, "--all")["key"]
    file.write_bytes(file.read_bytes().replace(b"TOOL_CALL", b"TOOL_FALL"))
    ended = affidavit("verify", file, "--key", key, code=1)
    assert ended.stdout.startswith("FAILED: ")
    assert "payload-mismatch" in ended.stdout


def test_what_is_no_bundle(tmp_path: Path) -> None:
    file = tmp_path / "case.affidavit"
    file.write_bytes(b"no bundle")
    key = "t+00000000+AAAA"
    assert invoke("verify", file).code == 2
    assert invoke("verify", file, "--key", key).code == 2
    assert invoke("verify", tmp_path / "missing", "--key", key).code == 2


def test_nobody_knows_it(ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "case.affidavit"
    for options in (
        ["--agent", "nobody"],
        ["--session", "none"],
        ["--chain", "0" * 32],
        ["--to", "2020-01-01T00:00:00Z"],
    ):
        ended = invoke("export", *options, "--data", ledger, "-o", file)
        assert (ended.code, ended.stdout) == (1, "")
        assert ended.stderr.startswith("affidavit: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--all", "--agent", "a"],
        ["--chain", "xyz"],
        ["--from", "yesterday"],
        ["--agent", "a", "--dialect", "none"],
        ["--agent", HOSTILE],
        ["--all", "--earlier", "nowhere"],
        ["--all", "--witnessed"],
    ],
)
def test_wrong_usage(ledger: Path, tmp_path: Path, options: list[str]) -> None:
    ended = invoke("export", *options, "--data", ledger, "-o", tmp_path / "case.affidavit")
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_bundles_options_are_for_a_bundle(ledger: Path, tmp_path: Path) -> None:
    assert invoke("verify", "--complete", "--data", ledger).code == 2
    assert invoke("verify", "--key", "k", "--data", ledger).code == 2
    assert invoke("verify", tmp_path / "case.affidavit", "--data", ledger).code == 2
    assert invoke("verify", ledger).code == 0


def test_a_ledger_without_a_checkpoint(tmp_path: Path) -> None:
    affidavit("init", "--data", tmp_path / "data")
    ended = invoke("export", "--all", "--data", tmp_path / "data", "-o", tmp_path / "case.affidavit")
    assert (ended.code, ended.stdout) == (2, "")
    assert "affidavit seal" in ended.stderr
