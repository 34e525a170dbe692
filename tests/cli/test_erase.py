"""`affidavit erase`, `hold`, `release`, `retain`: what an operator orders where no server runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import affidavit
from tests.contract.erasing import left_in
from tests.invoking import Outcome, invoke
from tests.running import start

GROUNDS = ("--reason", "asked for it", "--authority", "case 7")


@pytest.fixture
def data(ledger: Path, tmp_path: Path) -> Path:
    """A ledger of three entries, to be changed."""
    return Path(shutil.copytree(ledger, tmp_path / "data"))


def entry(data: Path, position: int) -> dict[str, Any]:
    """An entry as `show` gives it."""
    shown: dict[str, Any] = json.loads(affidavit("show", str(position), "--data", data, "--json").stdout)
    return shown


def entries(data: Path) -> int:
    """How many there are, the ledger's own among them."""
    return len(affidavit("tail", "--no-follow", "-n", "99", "--data", data).stdout.splitlines())


def own(data: Path, position: int) -> Any:
    """The payload of an entry of the ledger's own."""
    found = entry(data, position)
    assert (found["dialect"], found["agent"]) == ("affidavit", None)
    return found["payload"]


def order(data: Path, command: str, *arguments: str) -> Outcome:
    """A command with grounds."""
    return invoke(command, *arguments, *GROUNDS, "--data", data)


def test_erase(data: Path) -> None:
    before = entry(data, 0)
    outcome = order(data, "erase", before["ulid"], "--json")
    assert outcome.code == 0, outcome.stderr
    report = json.loads(outcome.stdout)
    assert (report["erased"], report["already"]) == ([before["id"]], [])
    assert own(data, report["erasures"][0]["position"]) == {
        "type": "erasure", "entries": [before["id"]], "reason": "asked for it", "authority": "case 7",
    }  # fmt: skip
    after = entry(data, 0)
    assert after["erased"] is True
    assert (after["header"], after["hash"]) == (before["header"], before["hash"])
    assert (after["payload"], after["salt"], after["agent"], after["type"]) == (None, "", None, "")
    assert left_in(data, [bytes.fromhex(before["salt"]), b'"duration_ms":1.5']) == []
    assert affidavit("verify", "--data", data).returncode == 0
    tail = affidavit("tail", "--no-follow", "--data", data)
    assert tail.returncode == 0
    assert "erased" in tail.stdout.splitlines()[0]


def test_again_is_harmless(data: Path) -> None:
    ids = [entry(data, position)["id"] for position in (0, 2)]
    assert order(data, "erase", ids[0], ids[0]).stdout.startswith("Erased 1 entries; entry ")
    again = order(data, "erase", *ids)
    assert again.code == 0
    assert again.stdout.endswith("1 had been erased already.\n")
    assert "Erased 1 entries" in again.stdout
    size = entries(data)
    assert order(data, "erase", *ids).stdout == "2 had been erased already.\n"
    assert order(data, "erase").stdout == "Nothing was to be erased.\n"
    assert invoke("erase", "--data", data).stdout == "Nothing was to be erased.\n"
    assert entries(data) == size


def test_all_or_none(data: Path) -> None:
    known, before = entry(data, 0)["id"], entries(data)
    for wrong, why in (
        ("00000000-0000-7000-8000-000000000000", "there is no entry 00000000-0000-7000-8000-000000000000"),
        ("yesterday's", "'yesterday's\" is no id"),
    ):
        outcome = order(data, "erase", known, wrong)
        assert (outcome.code, outcome.stdout) == (1, "")
        assert outcome.stderr.count("\n") == 1
        assert outcome.stderr.startswith("affidavit: "), why
    assert order(data, "erase", known, "--workspace", "nobody's").code == 2
    assert invoke("erase", known, "--reason", " ", "--authority", "x", "--data", data).code == 1
    assert invoke("erase", known, "--reason", "x" * 1001, "--authority", "x", "--data", data).code == 1
    assert invoke("erase", known, "--reason", "x", "--data", data).code == 2
    assert not entry(data, 0).get("erased")
    assert entries(data) == before, "nothing was recorded"


def test_the_ledgers_own_chain_stays(data: Path) -> None:
    report = json.loads(order(data, "erase", entry(data, 0)["id"], "--json").stdout)
    outcome = order(data, "erase", report["erasures"][0]["entry"])
    assert outcome.code == 1
    assert "the ledger's own chain" in outcome.stderr


def test_the_entries_of_another_workspace_are_unknown(data: Path) -> None:
    assert invoke("workspace", "create", "other", "--data", data).code == 0
    outcome = order(data, "erase", entry(data, 0)["id"], "--workspace", "other")
    assert outcome.code == 1
    assert "there is no entry" in outcome.stderr


def test_not_beside_a_server(data: Path) -> None:
    identity, chain = entry(data, 0)["id"], entry(data, 0)["chain"]
    server = start(data)
    try:
        for command, instead in (
            (("erase", identity), "POST /v1/affidavit/erase"),
            (("hold", chain), "stop"),
            (("retain", "--older-than", "1d"), "AFFIDAVIT_RETENTION_DAYS"),
        ):
            outcome = order(data, *command)
            assert outcome.code == 2
            assert "in use by process" in outcome.stderr
            assert instead in outcome.stderr
    finally:
        server.stop()
    assert not entry(data, 0).get("erased")


def test_hold_and_release(data: Path) -> None:
    first, second = entry(data, 0), entry(data, 2)
    report = json.loads(order(data, "hold", first["chain"].upper(), "--json").stdout)
    assert report["held"] == [first["chain"]]
    assert own(data, report["orders"][0]["position"]) == {
        "type": "hold", "chains": [first["chain"]], "reason": "asked for it", "authority": "case 7",
    }  # fmt: skip
    refused = order(data, "erase", second["id"], first["id"])
    assert (refused.code, refused.stdout) == (1, "")
    assert f"position {report['orders'][0]['position']}" in refused.stderr
    assert not entry(data, 2).get("erased")
    assert "so they are already" in order(data, "hold", first["chain"]).stdout
    assert order(data, "release", first["chain"]).stdout.endswith("Under legal hold: nothing.\n")
    assert order(data, "erase", first["id"]).code == 0
    assert affidavit("verify", "--data", data).returncode == 0


def test_hold_by_agent_and_session(data: Path) -> None:
    held = json.loads(order(data, "hold", "--agent", "agent", "--json").stdout)["held"]
    assert held == [entry(data, 0)["chain"]]
    held = json.loads(order(data, "hold", "--session", "session", "--json").stdout)["held"]
    assert held == sorted({entry(data, 0)["chain"], entry(data, 2)["chain"]})
    for arguments in (("--agent", "nobody"), ("0" * 32,), ("x",)):
        assert order(data, "hold", *arguments).code == 1


def test_retain(data: Path) -> None:
    """What is younger stays, what is held stays, and what is old enough goes."""
    assert "Erased 0 entries" in order(data, "retain", "--older-than", "1d").stdout
    for wrong in ("1", "0d", "-1d", "1h", "400 days"):
        assert order(data, "retain", "--older-than", wrong).code == 2
    assert order(data, "retain", "--older-than", "1d", "--dialect", "nobody's").code == 2
