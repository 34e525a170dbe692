"""`affidavit signer` and `signer rotate`: what is shown, what is verified afterwards, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from affidavit.verifier import affidavit_verify
from affidavit.wiring.signing import NEXT_FILE, OLD_FILE, RECEIPTS_FILE, SIGNER_FILE
from tests.cli.program import affidavit
from tests.conftest import Starter
from tests.invoking import Outcome, invoke
from tests.running import Running
from tests.vendors import bearer
from tests.verifier_js.node import NODE

VERIFIERS = Path(affidavit_verify.__file__).parent


@pytest.fixture
def copy(ledger: Path, tmp_path: Path) -> Path:
    """A ledger of its own for each test, without a server."""
    return Path(shutil.copytree(ledger, tmp_path / "copy", copy_function=shutil.copy))


def answer(*arguments: str | Path) -> Any:
    """What a command answers for machines."""
    outcome = invoke(*arguments, "--json")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    return json.loads(outcome.stdout)


def test_a_new_ledger_has_both_keys(tmp_path: Path) -> None:
    """Of a signer and of receipts, readable by their owner."""
    data = tmp_path / "data"
    origin = answer("init", "--data", data)["origin"]
    shown = answer("signer", "--data", data)
    assert shown["signer"].startswith(f"{origin}+")
    assert shown["receipts"].startswith(f"{origin}/receipts+")
    assert (shown["earlier"], shown["rotations"]) == ([], [])
    assert {(data / name).stat().st_mode & 0o777 for name in (SIGNER_FILE, RECEIPTS_FILE)} == {0o600}
    (data / RECEIPTS_FILE).chmod(0o640)
    assert "chmod 600" in affidavit("serve", "--data", data, "--port", "0", code=2).stderr


def test_the_old_key_leads_to_the_new(copy: Path, tmp_path: Path) -> None:
    """Twice: all checkpoints verify, and a bundle does with any of the keys, by both verifiers."""
    first = answer("signer", "--data", copy)["signer"]
    before = (copy / "checkpoint").read_bytes()
    secret = (copy / SIGNER_FILE).read_bytes()
    second = answer("signer", "rotate", "--data", copy)
    assert second["earlier"] == first
    third = answer("signer", "rotate", "--data", copy)
    shown = answer("signer", "--data", copy)
    assert (shown["signer"], shown["earlier"]) == (third["signer"], [second["signer"], first])
    seed = secret.split(b"+", 4)[-1]
    assert not any(seed in file.read_bytes() for file in copy.iterdir()), "the old key is destroyed"
    assert not (copy / NEXT_FILE).exists()
    assert not (copy / OLD_FILE).exists()

    report = answer("verify", copy)
    assert (report["status"], report["entries"]) == ("proven", 6), "two rotations more"
    case = tmp_path / "case.affidavit"
    assert answer("export", "--all", "--data", copy, "-o", case)["key"] == third["signer"]
    for key in (first, second["signer"], third["signer"]):
        for verdict in _verdicts(case, "--key", key):
            assert ("rotation" in _proven(verdict)) == (key != third["signer"])
    held = tmp_path / "held"
    held.write_bytes(before)
    answer("export", "--all", "--earlier", held, "--data", copy, "-o", case)
    for verdict in _verdicts(case, "--key", first, "--checkpoint", str(held)):
        assert {"rotation", "earlier", "held"} <= _proven(verdict), (
            "what the old key signed is what the new one goes on"
        )


def _proven(verdict: Any) -> set[str]:
    assert verdict["status"] == "proven", verdict
    return {each["code"] for each in verdict["proven"]}


def _verdicts(case: Path, *options: str) -> list[Any]:
    programs: list[list[str | Path]] = [[sys.executable, VERIFIERS / "affidavit_verify.py"]]
    if NODE:
        programs.append([NODE, VERIFIERS / "affidavit_verify.mjs"])
    ended = [
        subprocess.run([*program, case, *options, "--json"], capture_output=True, text=True, timeout=60)
        for program in programs
    ]
    return [json.loads(each.stdout) for each in ended]


def test_a_server_goes_on_with_the_new_key(copy: Path, starter: Starter) -> None:
    """It is not rotated while one runs, and shows both keys."""
    key = answer("signer", "rotate", "--data", copy)
    running: Running = starter(copy)
    ended = affidavit("signer", "rotate", "--data", copy, code=2)
    assert "is in use by process" in ended.stderr
    assert "Traceback" not in ended.stderr
    shown = answer("signer", "--data", copy)
    assert shown["signer"] == key["signer"]
    token = running.key("affidavit", ["evidence"])
    served = httpx.get(f"{running.base_url}/ledger/keys", headers=bearer(token)).json()
    assert {name: served[name] for name in ("signer", "receipts", "rotations")} == {
        name: shown[name] for name in ("signer", "receipts", "rotations")
    }
    assert running.stop() == 0
    assert answer("verify", copy)["status"] == "proven"


def test_for_people(copy: Path) -> None:
    """A line a key, and what to do next."""
    said = invoke("signer", "rotate", "--data", copy)
    assert said.stdout.splitlines()[-1].startswith("Next: ")
    shown = invoke("signer", "--data", copy).stdout.splitlines()
    assert [line.split()[0] for line in shown] == ["signer", "receipts", "earlier"]
    (copy / RECEIPTS_FILE).unlink()
    assert "none yet" in invoke("signer", "--data", copy).stdout


def test_an_older_copy_of_the_key_is_refused(copy: Path) -> None:
    """Whoever brings it back would sign with a key that has handed over."""
    old = (copy / SIGNER_FILE).read_bytes()
    new = answer("signer", "rotate", "--data", copy)["signer"]
    (copy / SIGNER_FILE).write_bytes(old)
    refused = affidavit("serve", "--data", copy, "--port", "0", code=2)
    assert new in refused.stderr
    assert "bring that key back from your backup" in refused.stderr
    assert affidavit("seal", "--data", copy, code=2).stderr == refused.stderr


def test_options_stand_behind_the_command(copy: Path) -> None:
    outcome: Outcome = invoke("signer", "--data", copy, "rotate")
    assert outcome.code == 2
    assert "behind rotate" in outcome.stderr
