"""`affidavit tail`: what is there, and what comes."""

from __future__ import annotations

import json
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import agentlens_event, post
from tests.cli.program import affidavit
from tests.running import PROGRAM, Running

WAIT_SECONDS = 30


@contextmanager
def _following(data: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [PROGRAM, "tail", "--data", data, *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    with process:
        yield process
        process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    """The next line, waited for."""
    assert process.stdout
    assert select.select([process.stdout], [], [], WAIT_SECONDS)[0], "no line came"
    return process.stdout.readline()


def _post(server: Running, session: str) -> None:
    post(server, "agentlens", "/api/events", {"events": [agentlens_event("tailed", session)]})


@pytest.mark.parametrize(("lines", "positions"), [("0", []), ("1", [3]), ("2", [2, 3]), ("100", [0, 1, 2, 3])])
def test_no_follow(ledger: Path, lines: str, positions: list[int]) -> None:
    """The newest, oldest of them first; then it ends."""
    for_people = affidavit("tail", "--no-follow", "-n", lines, "--data", ledger).stdout.splitlines()
    for_machines = affidavit("tail", "--no-follow", "-n", lines, "--data", ledger, "--json").stdout.splitlines()
    assert [int(line.split()[0]) for line in for_people] == positions
    assert [json.loads(line)["position"] for line in for_machines] == positions


def test_a_line_says_who_did_what(ledger: Path) -> None:
    """Position, time, dialect, type, severity, agent, session."""
    line = affidavit("tail", "--no-follow", "-n", "4", "--data", ledger).stdout.splitlines()[0]
    position, time, *rest = line.split()
    assert position == "0"
    assert len(time) == len("2026-02-08T10:00:00.000Z")
    assert rest == ["provenlog", "TOOL_CALL", "info", "agent", "(session)"]


def test_follow(server: Running) -> None:
    """An event that comes later, from another process, shows up; Ctrl-C is a good end."""
    _post(server, "before tail")
    with _following(server.data, "-n", "1", "--json") as process:
        assert json.loads(_line(process))["session"] == "before tail"
        for session in ("first", "second"):
            _post(server, session)
            shown = json.loads(_line(process))
            assert (shown["session"], shown["payload"]["sessionId"]) == (session, session)
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_SECONDS) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_follow_from_nothing(data: Path) -> None:
    """An empty ledger has no lines yet."""
    affidavit("init", "--data", data)
    assert affidavit("tail", "--no-follow", "--data", data).stdout == ""


def test_closed_pipe(server: Running) -> None:
    """Whoever reads has seen enough: a good end, without a word."""
    _post(server, "shown")
    with _following(server.data, "-n", "1") as process:
        assert "(shown)" in _line(process)
        assert process.stdout
        process.stdout.close()
        _post(server, "not seen any more")
        assert process.wait(WAIT_SECONDS) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_long_names_leave_room(server: Running) -> None:
    """A client's text is cut in the line for people, and whole for machines."""
    name = "n" * 10_000
    post(server, "agentlens", "/api/events", {"events": [agentlens_event(name, name)]})
    assert len(affidavit("tail", "--no-follow", "-n", "1", "--data", server.data).stdout) < 250
    whole = json.loads(affidavit("tail", "--no-follow", "-n", "1", "--data", server.data, "--json").stdout)
    assert (whole["agent"], whole["session"]) == (name, name)
