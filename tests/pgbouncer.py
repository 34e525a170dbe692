"""A real PgBouncer before a cluster, in transaction mode: each transaction may get another connection."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

import psycopg

from tests.postgres import Cluster
from tests.postmaster import SECONDS, USER, free_port

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MISSING = "there is no PgBouncer here: ./scripts/pgbouncer installs it"
CONNECTIONS = 3
"""To the database at most, however many clients there are."""


class Bouncer:
    """Runs from when it is made until it is closed."""

    def __init__(self, cluster: Cluster) -> None:
        assert PROGRAM, MISSING
        self._cluster = cluster
        self._directory = Path(tempfile.mkdtemp(prefix="affidavit-pgbouncer-"))
        self.port = free_port()
        users, configuration = self._directory / "users", self._directory / "pgbouncer.ini"
        users.write_text(f'"{USER}" ""\n')
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "trust",
            "auth_file": users,
            "pool_mode": "transaction",
            "default_pool_size": CONNECTIONS,
            "max_client_conn": 200,
        }
        lines = [
            "[databases]", f"* = host=127.0.0.1 port={cluster.port}", "[pgbouncer]",
            *(f"{name} = {value}" for name, value in settings.items()),
        ]  # fmt: skip
        configuration.write_text("\n".join(lines) + "\n")
        whose: dict[str, Any] = {}
        if os.geteuid() == 0:
            whose = {"user": USER, "group": USER, "extra_groups": []}
            for path in (self._directory, users, configuration):
                shutil.chown(path, USER, USER)
        with (self._directory / "log").open("w") as log:
            self._process = subprocess.Popen(
                [PROGRAM, configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **whose
            )
        cluster.wait_for(self._answers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=SECONDS)
        shutil.rmtree(self._directory)

    def url(self, database: str) -> str:
        """What a client connects to."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._directory / "log").read_text()
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=SECONDS):
                return True
        except psycopg.OperationalError:
            return False
