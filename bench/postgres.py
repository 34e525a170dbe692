"""Ingest with PostgreSQL: its floor, one server, two. Run: .venv/bin/python -m bench.postgres [--events N --rounds N]

PostgreSQL, servers and load on the same machine, every commit fsynced. The arms take turns, each with a database of its
own. What somebody waits for after the answer is measured once, at the end.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import truediv
from pathlib import Path

from bench.copyfloor import floor
from bench.databases import SETTINGS, Databases
from bench.events import bodies
from bench.load import Outcome, request, send
from bench.process import cpu_seconds, machine
from bench.waiting import in_streams, under_checkpoints
from tests.postgres import Cluster
from tests.running import Running

COLUMNS = (
    "what", "events/s, median", "least to most", "ratio in a round, median", "CPU µs an event: servers", "PostgreSQL",
    "p50 ms", "p99 ms",
)  # fmt: skip
BATCH, BATCH_CONNECTIONS, SINGLE_CONNECTIONS = 1_000, 4, 64
SINGLES_SHARE = 0.1
"""Of the events asked for, since single events take longer."""
SEEN = 40
SESSIONS = ("left", "right")
"""What the names of sessions begin with: the chains of each of two servers are its own."""


@dataclass
class Arm:
    """A line of the table: events a second of each round; µs of processor an event, of servers and of PostgreSQL."""

    name: str
    rates: list[float] = field(default_factory=list)
    servers: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


class Arms:
    """What takes turns."""

    def __init__(self, databases: Databases, events: int) -> None:
        self._databases = databases
        self._events = events
        self.floor = Arm(f"the floor: COPY, {BATCH:,} rows a commit")
        self.one = Arm(f"one server, batches of {BATCH:,}, {BATCH_CONNECTIONS} connections")
        self.two = Arm("two servers, the same to each, chains of their own")
        self.singles = Arm(f"one server, single events, {SINGLE_CONNECTIONS} connections")

    def turn(self, number: int) -> None:
        """Each once; neither one server nor two is always the first."""
        for arm in (self._one, self._two) if number % 2 else (self._two, self._one):
            arm()

    def _one(self) -> None:
        with self._databases.servers(1) as running:
            token = running[0].key("agentlens")
            self._measure(self.one, running, [_load(token, self._events, BATCH)], BATCH_CONNECTIONS)
            print(f"(texts: {self._databases.rest():.1f} s behind)", file=sys.stderr)
            count = int(self._events * SINGLES_SHARE)
            self._measure(self.singles, running, [_load(token, count, 1)], SINGLE_CONNECTIONS, batch=1)
        source, target = self._databases.url, self._databases.add()
        self.floor.rates.append(floor(source, target, BATCH, self._events))

    def _two(self) -> None:
        with self._databases.servers(2) as running:
            token = running[0].key("agentlens")
            loads = [_load(token, self._events, BATCH, sessions) for sessions in SESSIONS]
            self._measure(self.two, running, loads, BATCH_CONNECTIONS)

    def _measure(
        self,
        arm: Arm,
        running: Sequence[Running],
        loads: Sequence[Sequence[bytes]],
        connections: int,
        batch: int = BATCH,
    ) -> None:
        """Each server gets its load, all at once."""
        self._databases.rest()
        before, spent = _cpu(running), self._databases.seconds()
        started = time.perf_counter()
        with ThreadPoolExecutor(len(running)) as threads:
            outcomes = list(threads.map(lambda server, load: send(server.base_url, load, connections), running, loads))
        events = batch * sum(map(len, loads))
        arm.rates.append(events / (time.perf_counter() - started))
        arm.servers.append((_cpu(running) - before) / events * 1e6)
        arm.database.append((self._databases.seconds() - spent) / events * 1e6)
        for outcome in outcomes:
            arm.latencies += _checked(outcome).latencies


def main() -> None:
    """Print the table of arms, then the waits."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=100_000, help="of an arm, for each of its servers")
    options.add_argument("--rounds", type=int, default=4)
    chosen = options.parse_args()
    print(f"{machine()}, load average {os.getloadavg()[0]:.1f}")
    with (
        tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as scratch,
        Cluster(fsync=True, **SETTINGS) as cluster,
    ):
        databases = Databases(cluster, Path(scratch))
        arms = Arms(databases, chosen.events)
        for number in range(chosen.rounds):
            arms.turn(number)
        _print_arms(arms)
        _print_waits(databases, chosen.events)


def _print_arms(arms: Arms) -> None:
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    for arm, base in ((arms.floor, None), (arms.one, arms.floor), (arms.two, arms.one), (arms.singles, None)):
        spread = f"{min(arm.rates):,.0f} to {max(arm.rates):,.0f}"
        ratio = f"{statistics.median(map(truediv, arm.rates, base.rates)):.2f}" if base else ""
        spent = [f"{statistics.median(times):.1f}" if times else "" for times in (arm.servers, arm.database)]
        took = Outcome(0.0, arm.latencies, 0)
        waits = [f"{took.percentile(share):.1f}" if arm.latencies else "" for share in (0.5, 0.99)]
        figures = (arm.name, f"{statistics.median(arm.rates):,.0f}", spread, ratio, *spent, *waits)
        print(f"| {' | '.join(figures)} |", flush=True)


def _print_waits(databases: Databases, events: int) -> None:
    with databases.servers(2) as (first, second):
        token = first.key("agentlens")
        load = _load(token, events, BATCH)
        covered = under_checkpoints(first.base_url, load, BATCH_CONNECTIONS, token)
        _print_wait("its answer under a checkpoint, under load", covered)
        databases.rest()
        _print_wait("another server's stream", in_streams(first.base_url, second.base_url, token, SEEN))


def _print_wait(what: str, outcome: Outcome) -> None:
    took = [f"{name} {_checked(outcome).percentile(share):.0f} ms" for name, share in (("p50", 0.5), ("p99", 0.99))]
    print(f"from a request to {what}: {', '.join(took)}", flush=True)


def _load(token: str, events: int, batch: int, sessions: str = "sess") -> list[bytes]:
    return [request("/api/events", body, token) for body in bodies(events, batch, sessions=sessions)]


def _cpu(running: Sequence[Running]) -> float:
    return sum(cpu_seconds(server.process.pid) for server in running)


def _checked(outcome: Outcome) -> Outcome:
    if outcome.failures:
        sys.exit(f"{outcome.failures} requests failed")
    return outcome


if __name__ == "__main__":
    main()
