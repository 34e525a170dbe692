"""`affidavit verify`: its answers and its exit codes. What it finds is tests/fault/'s to show."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from tests.cli.program import affidavit
from tests.conftest import Starter
from tests.fault.load import Load
from tests.invoking import invoke
from tests.running import PROGRAM, run

RUNS_UNDER_LOAD = 5


@pytest.fixture
def broken(ledger: Path, tmp_path: Path) -> Path:
    """A copy whose entry 1 was given to an agent with a name that no terminal should obey."""
    data = Path(shutil.copytree(ledger, tmp_path / "broken"))
    with closing(apsw.Connection(str(data / "ledger.sqlite"))) as connection:
        connection.execute("UPDATE entries SET agent = ? WHERE position = 1", ("\x1b[2J\u202eforged",))
    return data


def test_proven(ledger: Path) -> None:
    """0, and what that means."""
    report = affidavit("verify", "--data", ledger, "--json")
    assert report.stdout == '{"status":"proven","entries":4,"chains":4,"heads_passed":0,"problems":[]}\n'
    assert report.stderr == ""
    assert affidavit("verify", "--data", ledger).stdout.startswith("Proven: 4 entries in 4 chains are consistent")


def test_broken(broken: Path) -> None:
    """1, and each problem with all that is known of it."""
    report = json.loads(affidavit("verify", "--data", broken, "--json", code=1).stdout)
    assert list(report) == ["status", "entries", "chains", "heads_passed", "problems"]
    assert (report["status"], report["entries"], report["chains"]) == ("broken", 4, 4)
    first = report["problems"][0]
    assert list(first) == ["code", "position", "chain", "seq", "message"]
    assert (first["code"], first["position"], first["seq"], len(first["chain"])) == ("projection-mismatch", 1, 1, 32)
    for_people = affidavit("verify", "--data", broken, code=1).stdout
    assert f"projection-mismatch at position 1, chain {first['chain']} seq 1: agent is stored as" in for_people


def test_a_forged_text_cannot_hide_the_report(broken: Path) -> None:
    """What the file says is shown, and does nothing."""
    for options in ([], ["--json"]):
        printed = affidavit("verify", "--data", broken, *options, code=1).stdout
        assert all(line.isprintable() for line in printed.split("\n"))
        assert "forged" in printed


def test_many_problems(ledger: Path, tmp_path: Path) -> None:
    """For people a hundred of them, for machines all."""
    data = Path(shutil.copytree(ledger, tmp_path / "many"))
    with closing(apsw.Connection(str(data / "ledger.sqlite"))) as connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 129)"
            "INSERT INTO entries SELECT i, chain, seq, at, randomblob(16), by, dialect, prev, hash, commitment, salt,"
            "payload, workspace, agent, session, type, severity, time FROM entries, n WHERE position = 0"
        )
    problems = json.loads(affidavit("verify", "--data", data, "--json", code=1).stdout)["problems"]
    printed = affidavit("verify", "--data", data, code=1).stdout.splitlines()
    assert len(problems) > 120
    assert len(printed) == 102
    assert printed[-1] == f"  and {len(problems) - 100:,} more: --json lists them all"


def test_beside_a_server_under_load(data: Path, starter: Starter) -> None:
    """One moment of a ledger that grows: proven every time, and never fewer entries than before."""
    server, load = starter(data), Load(random.Random(1))

    async def verify_while_it_grows() -> list[int]:
        entries: list[int] = []
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.run(server))
            for _ in range(RUNS_UNDER_LOAD):
                await load.grow(50)
                report = json.loads((await asyncio.to_thread(run, "verify", "--data", data, "--json")).stdout)
                assert (report["status"], report["problems"]) == ("proven", [])
                entries.append(report["entries"])
            load.stop()
        return entries

    entries = asyncio.run(verify_while_it_grows())
    assert entries[0] > 0
    assert entries == sorted(set(entries))


def test_cut_short(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is not "broken"."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["affidavit.cli.verify"], "verify_directory", interrupted)
    outcome = invoke("verify", "--data", ledger)
    assert (outcome.code, outcome.stdout) == (130, "")


def test_somebody_watches(ledger: Path) -> None:
    """A bar on the terminal, and nothing of it in the answer."""
    screen, terminal = os.openpty()
    with os.fdopen(screen, "rb", buffering=0) as shown, os.fdopen(terminal, "wb") as stderr:
        answer = subprocess.run(
            [PROGRAM, "verify", "--data", ledger, "--json"],
            stdout=subprocess.PIPE,
            stderr=stderr,
            timeout=60,
            check=True,
        )
        assert b"verifying" in shown.read(1 << 16)
    assert json.loads(answer.stdout)["status"] == "proven"


def test_nobody_reads(ledger: Path) -> None:
    """A report that did not arrive is neither "proven" nor "broken"."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as closed:
        assert _ending(ledger, closed.fileno()) == (141, "")
    with open("/dev/full", "wb") as full:
        code, said = _ending(ledger, full.fileno())
    assert code == 2
    assert said.startswith("affidavit: ")
    assert said.count("\n") == 1


def _ending(ledger: Path, stdout: int) -> tuple[int, str]:
    """Exit code and words on stderr of a `verify` that prints there."""
    ended = subprocess.run(
        [PROGRAM, "verify", "--data", ledger], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    return ended.returncode, ended.stderr
