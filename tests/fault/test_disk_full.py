"""A disk that refuses to write, for real: clients are told to come back, nothing is half there, nothing is lost.

Two ways to make one. RLIMIT_FSIZE on the running server: every file that would grow fails with EFBIG, which SQLite
takes for an I/O error. A file system of a few MB, where root may mount one: ENOSPC, the disk is full.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import Starter
from tests.fault.keeping import hold, hold_totals, prove
from tests.fault.load import Load
from tests.running import Running
from tests.vendors import VENDORS, Event, bearer

MANY = 300
"""Events that are acknowledged before the disk refuses, and again once it does not."""
REFUSALS = 30


def test_commits_fail_halfway(data: Path, starter: Starter) -> None:
    """The write-ahead log may grow by a few pages only: a commit's first pages are written, its last are not."""
    server = starter(data)
    wal = data / "ledger.sqlite-wal"
    _hold_through(
        server, refuse=lambda: _limit(server, wal.stat().st_size + 20_000), relent=lambda: _limit(server, None)
    )


def test_nothing_can_be_written(data: Path, starter: Starter) -> None:
    """Not even the program's log."""
    server = starter(data)
    _hold_through(server, refuse=lambda: _limit(server, 0), relent=lambda: _limit(server, None))


def test_disk_full(small_disk: Path, starter: Starter) -> None:
    """All that is left of the file system is taken, and given back."""
    server = starter(small_disk)
    ballast = small_disk / "ballast"
    _hold_through(server, refuse=lambda: _fill(ballast), relent=ballast.unlink)


def _hold_through(server: Running, refuse: Callable[[], None], relent: Callable[[], None]) -> None:
    """Load before, while and after the disk refuses, on the same server; then every promise is held against it."""
    load = Load(random.Random(1))
    asyncio.run(_refuse_under_load(server, load, refuse, relent))
    total = hold(server, load)
    hold_totals(server, load, total)
    assert prove(server.data) == total
    assert server.stop() == 0
    assert prove(server.data) == total


async def _refuse_under_load(
    server: Running, load: Load, refuse: Callable[[], None], relent: Callable[[], None]
) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(load.run(server))
        await load.grow(MANY)
        refuse()
        await load.until(lambda: load.refused >= REFUSALS)
        await asyncio.to_thread(_refused_in_the_vendors_words, server)
        relent()
        await load.grow(MANY)
        load.stop()


def _refused_in_the_vendors_words(server: Running) -> None:
    """Both dialects refuse in their own shape, and still read."""
    for vendor in VENDORS:
        with httpx.Client(base_url=server.base_url, headers=bearer(server.keys[vendor.name, ()])) as client:
            path, body = vendor.request([Event("other", "x")])
            refused = client.post(path, json=body)
            assert refused.status_code == 503
            assert refused.headers["Retry-After"].isdecimal()
            assert refused.headers["Content-Type"].startswith("application/json")
            assert vendor.total(client) >= 1
            assert vendor.chain(client, "other") == []


def _limit(server: Running, size: int | None) -> None:
    """No file of the server may grow beyond `size` bytes; None: as long as it likes."""
    most = resource.RLIM_INFINITY
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most if size is None else size, most))


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:  # there is no room left: that is what we want
            pass


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few MB, empty."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    place = tmp_path / "small"
    place.mkdir(mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "none", place], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small file system here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)
