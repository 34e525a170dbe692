"""SIGKILL at random moments under load: nothing that was acknowledged is lost, no chain is broken.

The suite kills 5 times, `./scripts/soak` 100 times. KILLS and SEED in the environment change both.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from pathlib import Path

from tests.conftest import Starter
from tests.fault.keeping import hold, hold_totals, prove
from tests.fault.load import Load
from tests.running import PROGRAM, Running

KILLS = int(os.environ.get("KILLS", "5"))
SEED = int(os.environ.get("SEED", "1"))
KILLS_AN_ERA = 5
"""After so many, the load goes on in new chains: what is read back over HTTP stays small however long the soak is."""


def test_kills_under_load(data: Path, starter: Starter) -> None:
    """After each kill everything is read back; `verify` re-reads the ledger from its beginning each time."""
    chance = random.Random(SEED)
    before, total = 0, 0
    load = Load(chance)
    server = starter(data)
    for number in range(1, KILLS + 1):
        if number % KILLS_AN_ERA == 1 and number > 1:
            before, load = total, Load(chance, era=f"era-{number}-")
        known = load.acknowledged
        asyncio.run(_kill_under_load(server, load, chance))
        acknowledged = load.acknowledged - known
        if chance.random() < 0.5:
            _kill_while_starting(data, chance)
        server = _again(server, starter)
        total = before + hold(server, load)
        hold_totals(server, load, total)
        assert prove(data) == total
        print(f"kill {number} of {KILLS}, seed {SEED}: {acknowledged:,} acknowledged, {total:,} in all, proven")
    assert server.stop() == 0
    assert prove(data) == total


async def _kill_under_load(server: Running, load: Load, chance: random.Random) -> None:
    """At a random moment after a random number of answers."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(load.run(server))
        await load.grow(chance.randint(20, 400))
        await asyncio.sleep(chance.uniform(0, 0.02))
        server.kill()


def _kill_while_starting(data: Path, chance: random.Random) -> None:
    """Recovery is killed as well: the next start must find a way."""
    process = subprocess.Popen(
        [PROGRAM, "serve", "--data", data, "--port", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(chance.uniform(0.1, 0.6))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    else:
        raise AssertionError(f"the server ended by itself with {process.returncode}")


def _again(server: Running, starter: Starter) -> Running:
    """The same ledger, the same keys, another process."""
    another = starter(server.data)
    another.keys |= server.keys
    return another
