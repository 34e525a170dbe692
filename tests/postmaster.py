"""The processes of PostgreSQL, for tests: in a directory of their own, run by a user that is not root."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MISSING = "there is no PostgreSQL here: ./scripts/postgres installs it"
OLDEST = 15
"""The oldest version that is supported."""
USER = "postgres"
"""Who runs it where root runs the tests, as PostgreSQL refuses to be run by root; else it is who runs the tests."""
SECONDS = 30
"""So long anything that is waited for may take."""
PORTS = range(20_000, 32_000)
"""None that the kernel gives to a client while a server is down."""
GUARD = 'directory=$1; shift; "$@" & read -r _ && kept=1; kill -INT $!; wait; [ "$kept" ] || rm -rf "$directory"'
"""Stops the server when it reads a line; when its input ends, also because the tests were killed, all of it goes."""


def binaries() -> Path | None:
    """Where PostgreSQL's programs are: the newest that Debian has installed, off PATH, if that is new enough."""
    versions = {int(path.parent.name): path for path in Path("/usr/lib/postgresql").glob("[0-9]*/bin")}
    return versions[max(versions)] if versions and max(versions) >= OLDEST else None


class Postmaster:
    """A server's directory, port and processes. Not running until it is started."""

    def __init__(self) -> None:
        found = binaries()
        assert found, MISSING
        self.binaries = found
        self.directory = Path(tempfile.mkdtemp(prefix="affidavit-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self.directory, USER, USER)
        self.data = self.directory / "data"
        self.port = free_port()
        self._guard: subprocess.Popen[str] | None = None

    def run(self, program: str, *arguments: str | Path) -> None:
        """One of PostgreSQL's programs, to its end."""
        command = [self.binaries / program, *arguments]
        limits = {"capture_output": True, "text": True, "timeout": 2 * SECONDS, "check": False}
        ended = subprocess.run(command, **limits, **self._whose())
        assert ended.returncode == 0, ended.stderr

    def launch(self, settings: Mapping[str, str]) -> None:
        """Start the server on its port of 127.0.0.1, with its socket in its directory. It takes a moment to answer."""
        ours = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.directory}
        options = [part for name, value in (ours | settings).items() for part in ("-c", f"{name}={value}")]
        server = [self.binaries / "postgres", "-D", self.data, *options]
        with (self.directory / "log").open("a") as log:
            self._guard = subprocess.Popen(
                ["/bin/sh", "-c", GUARD, "guard", self.directory, *server],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
                **self._whose(),
            )

    def stop(self) -> None:
        """Tell it to end: clients are cut off, what is committed is written."""
        if self._guard:
            self._guard.communicate("\n", timeout=SECONDS)
            self._guard = None

    def kill(self) -> None:
        """SIGKILL to all its processes: what they wrote is there, what they only had in memory is not."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)  # so that it starts no other while they are counted
        processes = [postmaster, *map(int, Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split())]
        for process in processes:
            os.kill(process, signal.SIGKILL)
        self.wait_for(lambda: not any(map(_lives, processes)))
        self.stop()

    def close(self) -> None:
        """Stop it, and remove everything."""
        if self._guard:
            self._guard.communicate(timeout=SECONDS)
            self._guard = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def wait_for(self, done: Callable[[], bool]) -> None:
        """Until it is so; not for ever."""
        deadline = time.monotonic() + SECONDS
        while not done():
            assert time.monotonic() < deadline, (self.directory / "log").read_text()
            time.sleep(0.02)

    def _whose(self) -> dict[str, Any]:
        """Who runs a program, where, and with which variables: none of those that speak to clients of PostgreSQL."""
        user = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        return {"cwd": self.directory, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}} | user


def free_port() -> int:
    """Of 127.0.0.1, that nobody listens on."""
    while True:
        with socket.socket() as asked:
            port = random.SystemRandom().choice(PORTS)
            if asked.connect_ex(("127.0.0.1", port)):
                return port


def _lives(process: int) -> bool:
    """Whether it runs; who has ended and is not yet waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
