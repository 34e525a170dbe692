"""One PostgreSQL for a benchmark, fsynced: databases in it, servers on them, and what processor it takes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from affidavit.wiring.database import KEY_FILES
from bench.process import family_seconds
from tests.postgres import Cluster
from tests.running import Running, start

SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "1h"}
"""No checkpoint of PostgreSQL's own comes into a measurement: `rest` makes one before it."""
ENVIRONMENT = {"AFFIDAVIT_RATE_PER_MINUTE": "0"}
SETTLE_SECONDS = 120
_LEFT = "SELECT size - (SELECT searched FROM affidavit.marks) FROM affidavit.ledger"


class Databases:
    """The newest database is the one that is meant."""

    def __init__(self, cluster: Cluster, scratch: Path) -> None:
        """`scratch`: where data directories are made."""
        self._cluster = cluster
        self._scratch = scratch
        self._made = 0
        self._postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])

    @property
    def url(self) -> str:
        """Of the newest."""
        return self._cluster.url(self._name)

    def add(self) -> str:
        """An empty one. Returns its URL."""
        self._made += 1
        return self._cluster.create_database(self._name)

    @contextmanager
    def servers(self, count: int) -> Iterator[list[Running]]:
        """Servers of a new ledger, each with a data directory of its own."""
        url = self.add()
        with ExitStack() as ending:
            running: list[Running] = []
            for number in range(count):
                data = self._scratch / f"{self._made}-{number}"
                if running:
                    data.mkdir(mode=0o700)
                    for name in KEY_FILES:
                        shutil.copy(running[0].data / name, data)
                running.append(start(data, "--store", url, environment=ENVIRONMENT))
                ending.callback(running[-1].stop)
            yield running

    def rest(self) -> float:
        """Returns once PostgreSQL has written what it has, and the text search has caught up: seconds."""
        started = time.monotonic()
        while self._cluster.ask(_LEFT, database=self._name)[0][0]:
            assert time.monotonic() < started + SETTLE_SECONDS, "the text search does not catch up"
            time.sleep(0.05)
        self._cluster.ask("CHECKPOINT")
        return time.monotonic() - started

    def seconds(self) -> float:
        """Processor time of PostgreSQL so far."""
        return family_seconds(self._postmaster)

    @property
    def _name(self) -> str:
        return f"bench_{self._made}"
