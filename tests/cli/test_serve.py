"""`affidavit serve`: the first run, the next ones, and what it refuses."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from affidavit import dialects
from tests.cli.program import affidavit
from tests.conftest import Starter
from tests.running import PROGRAM, Running

KILLS_AT_START = 3


def _examples(printed: str) -> dict[str, str]:
    """The commands that were printed, by dialect, as they stand there."""
    _, *parts = re.split(r"^# (\w+)$", printed, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _run_as_printed(command: str) -> str:
    environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    ended = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _recorded(data: Path) -> list[str]:
    """The dialects of all entries."""
    lines = affidavit("tail", "--no-follow", "-n", "1000", "--data", data, "--json").stdout.splitlines()
    return sorted(json.loads(line)["dialect"] for line in lines)


def _recording() -> list[str]:
    """Those whose example reports an event; the others' asks for what was reported."""
    return sorted(name for name, dialect in dialects.load().items() if dialect.ingests)


def test_first_run(data: Path, starter: Starter) -> None:
    """A key for each dialect and a command that works as printed; on the next run none of it."""
    server = starter(data)
    assert "shown this once" in server.printed
    examples = _examples(server.printed)
    assert sorted(examples) == sorted(dialects.load())
    for name, command in examples.items():
        assert re.search(rf"^  {name} +(\S+)$", server.printed, re.MULTILINE)[1] in command  # type: ignore[index]
        assert "error" not in json.loads(_run_as_printed(command))
    assert _recorded(data) == _recording()
    assert server.stop() == 0

    again = starter(data)
    assert "curl" not in again.printed
    assert not re.search("|".join(dialect.key_prefix for dialect in dialects.load().values()), again.printed)
    another = re.search("affidavit key create .*", again.printed)
    assert another
    assert "not shown again" in _run_as_printed(another[0])
    assert again.stop() == 0


def test_open(data: Path, starter: Starter) -> None:
    """Asks for no key and makes none; the commands work as printed. Closed later, it makes them."""
    server = starter(data, "--open")
    for command in _examples(server.printed).values():
        assert "error" not in json.loads(_run_as_printed(command))
    assert _recorded(data) == _recording()
    assert json.loads(affidavit("key", "list", "--data", data, "--json").stdout) == []
    assert server.stop() == 0
    assert "shown this once" in starter(data).printed


def test_examples_are_complete() -> None:
    """Nothing but the address and the token is left to fill in."""
    for dialect in dialects.load().values():
        assert "{base}/" in dialect.example
        assert "{key}" in dialect.example
        assert "{auth}" not in dialect.example


def test_a_first_run_that_fails_keeps_its_keys_for_the_next(data: Path, starter: Starter) -> None:
    """Keys that nobody saw would be lost: they are made once the server listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = affidavit("serve", "--data", data, "--port", port, code=2)
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in refused.stderr
    assert json.loads(affidavit("key", "list", "--data", data, "--json").stdout) == []
    assert "shown this once" in starter(data).printed


def test_a_first_run_that_is_killed(tmp_path: Path, starter: Starter) -> None:
    """At whatever moment: the next one serves."""
    chance = random.Random(1)
    for number in range(KILLS_AT_START):
        data = tmp_path / str(number)
        process = subprocess.Popen(
            [PROGRAM, "serve", "--data", data, "--port", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(chance.uniform(0.15, 0.45))
        except subprocess.TimeoutExpired:
            process.kill()
        assert process.wait() == -signal.SIGKILL
        assert starter(data).stop() == 0
        affidavit("verify", "--data", data)


def test_second_server(data: Path, starter: Starter) -> None:
    """The first one's process id is in the refusal, and the first one goes on."""
    server = starter(data)
    assert f"in use by process {server.process.pid}" in affidavit("serve", "--data", data, "--port", "0", code=2).stderr
    assert httpx.get(f"{server.base_url}/readyz").status_code == 200


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_ends_with_a_signal(data: Path, starter: Starter, end: signal.Signals) -> None:
    """Exit code 0, no traceback, and everything in the one file."""
    server = starter(data)
    server.process.send_signal(end)
    assert server.process.wait(30) == 0
    assert "Traceback" not in server.log.read_text()
    assert not (data / "ledger.sqlite-wal").exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--open", "--host", "0.0.0.0"], "--open asks nobody for a key"),
        (["--port", "99999"], "port is 99999"),
        (["--port", "seven"], "seven"),
        (["--host", "nowhere.invalid"], "cannot listen on nowhere.invalid"),
        (["--host", "a..b"], "cannot listen on"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
    ],
)
def test_refused_flags(data: Path, flags: list[str], words: str) -> None:
    """In words, before anything is served."""
    assert words in affidavit("serve", "--data", data, *flags, code=2).stderr


def test_signer(data: Path, starter: Starter) -> None:
    """Its file is for the owner's eyes. Served by nobody else, and by nobody without it."""
    affidavit("init", "--data", data)
    signer = data / "signer.key"
    for mode in (0o604, 0o640, 0o644):
        signer.chmod(mode)
        assert f"chmod 600 {signer}" in affidavit("serve", "--data", data, "--port", "0", code=2).stderr
    signer.chmod(0o600)
    whole = signer.read_text()
    for broken in ("", "PRIVATE+KEY+x", whole.replace("affidavit.local", "example.com"), whole[:-6]):
        signer.write_text(broken)
        assert str(signer) in affidavit("serve", "--data", data, "--port", "0", code=2).stderr
    signer.unlink()
    assert "restore the ledger's signer" in affidavit("serve", "--data", data, "--port", "0", code=2).stderr
    signer.write_text(whole)
    signer.chmod(0o600)
    assert starter(data).stop() == 0


def test_environment(data: Path, tmp_path: Path, starter: Starter) -> None:
    """Settings come from AFFIDAVIT_*; a flag wins."""
    elsewhere = tmp_path / "elsewhere"
    server = starter(data, environment={"AFFIDAVIT_DATA": str(elsewhere), "AFFIDAVIT_OPEN": "1"})
    assert httpx.post(f"{server.base_url}/v1/events", json={"agent_id": "a"}).status_code == 201
    assert not elsewhere.exists()
    assert server.stop() == 0
    by_variable = affidavit("verify", "--json", environment={"AFFIDAVIT_DATA": str(data)})
    assert json.loads(by_variable.stdout)["entries"] == 2, "the event, and the heads"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AFFIDAVIT_PORT", "http"),
        ("AFFIDAVIT_OPEN", "perhaps"),
        ("AFFIDAVIT_BODY_BYTES", "0"),
        ("AFFIDAVIT_IDLE_SECONDS", "1.5"),
    ],
)
def test_bad_environment(data: Path, variable: str, value: str) -> None:
    """The words name what is wrong."""
    refused = affidavit("serve", "--data", data, environment={variable: value}, code=2)
    assert variable.removeprefix("AFFIDAVIT_").lower() in refused.stderr.lower()
    assert not data.exists()


def test_listens_where_the_environment_says(data: Path) -> None:
    """Host and port without a flag."""
    with socket.create_server(("127.0.0.2", 0)) as free:
        port = free.getsockname()[1]
    environment = {"AFFIDAVIT_DATA": str(data), "AFFIDAVIT_HOST": "127.0.0.2", "AFFIDAVIT_PORT": str(port)}
    process = subprocess.Popen(
        [PROGRAM, "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    server = Running(data, process, f"http://127.0.0.2:{port}", "", data)
    try:
        assert process.stdout
        assert process.stdout.readline().startswith(f"Affidavit serves on {server.base_url}, ledger in {data}.")
        assert httpx.get(f"{server.base_url}/readyz").status_code == 200
        assert server.stop() == 0
    finally:
        server.kill()
