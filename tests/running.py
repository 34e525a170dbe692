"""A server under test: started as people start it, stopped as they stop it, or killed."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).parent / "affidavit"
Command = Sequence[str | Path]
"""What runs the program."""
START_SECONDS = 20


def run(*arguments: str | Path, program: Command = (PROGRAM,), **options: Any) -> subprocess.CompletedProcess[str]:
    """The `affidavit` program, to its end."""
    return subprocess.run([*program, *arguments], capture_output=True, text=True, timeout=120, check=False, **options)


@dataclass
class Running:
    """A serving process. `printed`: what it said on stdout while it started."""

    data: Path
    process: subprocess.Popen[str]
    base_url: str
    printed: str
    log: Path
    keys: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    program: Command = (PROGRAM,)

    def key(self, dialect: str, scopes: Sequence[str] | None = None) -> str:
        """A token of the dialect, made by the command line while the server runs; the same one for the same scopes."""
        wanted = (dialect, tuple(scopes or ()))
        if wanted not in self.keys:
            self.keys[wanted] = self.new_key(dialect, scopes)["key"]
        return self.keys[wanted]

    def new_key(self, dialect: str, scopes: Sequence[str] | None = None, *more: str) -> dict[str, Any]:
        """What `affidavit key create --json` prints."""
        options = [option for scope in scopes or () for option in ("--scope", scope)]
        made = run(
            "key", "create", "--dialect", dialect, "--data", self.data, "--json", *options, *more, program=self.program
        )
        assert made.returncode == 0, made.stderr
        created: dict[str, Any] = json.loads(made.stdout)
        return created

    def stop(self) -> int:
        """Ctrl-C. Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=30)
        self._close()
        return code

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self.process.kill()
        self.process.wait(timeout=30)
        self._close()

    def _close(self) -> None:
        if self.process.stdout:
            self.process.stdout.close()


def start(
    data: Path, *arguments: str, environment: Mapping[str, str] | None = None, program: Command = (PROGRAM,)
) -> Running:
    """Start a server on a free port and wait until it answers."""
    return launch(data, "serve", "--data", data, "--port", "0", *arguments, environment=environment, program=program)


def launch(
    data: Path, *command: str | Path, environment: Mapping[str, str] | None = None, program: Command = (PROGRAM,)
) -> Running:
    """Start a command that serves, and wait until it says where."""
    data.parent.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.log"
    with log.open("a") as stderr:
        process = subprocess.Popen(
            [*program, *command],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, **(environment or {})},
        )
    assert process.stdout
    printed, deadline = "", time.monotonic() + START_SECONDS
    while not (found := re.search(r"serves on (http://\S+),", printed)):
        select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        printed += os.read(process.stdout.fileno(), 1 << 16).decode()
        assert process.poll() is None, f"the server ended with {process.returncode}: {log.read_text()}"
        assert time.monotonic() < deadline, f"the server does not answer: {log.read_text()}"
    return Running(data, process, found.group(1), printed, log, program=program)
