"""What sealing costs: throughput, the event loop's time, heads, proofs. Run: .venv/bin/python -m bench.sealing

Ingest with and without sealing takes turns, in the same run: of what else the machine does, both have their share.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from affidavit.core import canonical
from affidavit.core.proof import Proof, format_proof
from affidavit.ledger.heads import heads_root
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Draft, Projection, Submission
from affidavit.wiring.directory import initialise
from affidavit.wiring.ledger import Ledger, open_store
from affidavit.wiring.place import place_in
from affidavit.wiring.sealing import sealer_of
from bench.events import bodies
from bench.load import Outcome, request, send
from bench.process import machine
from bench.waiting import under_checkpoints
from tests.committing import commit
from tests.running import start

BATCH, CONNECTIONS = 50, 16
OFF = {"AFFIDAVIT_SEAL_SECONDS": "86400", "AFFIDAVIT_HEADS_SECONDS": "86400"}
ON = {"AFFIDAVIT_SEAL_SECONDS": "1", "AFFIDAVIT_HEADS_SECONDS": "2"}
"""Heads five times as often as by default: a round has some."""
LAGGING = (sys.executable, "-m", "bench.lagging")
CHAINS, PROOFS, REPEATS = 10_000, 1_000, 7


@dataclass
class Side:
    """The rounds with sealing, or those without. `rates` in events/s, one a round.

    `lags` of the event loop in ms, the longest of each round; `during` those while the sealer made a step.
    """

    rates: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    during: list[float] = field(default_factory=list)


def main() -> None:
    """Print a line a figure, as a Markdown table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="of each, with sealing and without")
    options.add_argument("--events", type=int, default=200_000, help="of a round")
    options.add_argument("--entries", type=int, default=1_000_000, help="of the ledger whose entries are proven")
    chosen = options.parse_args()
    print(machine())
    print("| what | measured | target |\n|---|---|---|")
    _ingest(chosen.rounds, chosen.events)
    _checkpoints(chosen.events)
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as scratch:
        _evidence(Path(scratch) / "data", chosen.entries)


def _ingest(rounds: int, events: int) -> None:
    on, off = Side(), Side()
    for number in range(rounds):
        sides = [(on, ON), (off, OFF)]
        for side, environment in sides if number % 2 else reversed(sides):  # neither is always the first
            _round(side, environment, events)
    for side in (on, off):
        side.lags.sort()
        side.during.sort()
    fast, slow = statistics.median(off.rates), statistics.median(on.rates)
    _say("events/s with sealing; without", f"{slow:,.0f}; {fast:,.0f}")
    _say("throughput that sealing costs", f"{100 * (1 - slow / fast):.1f} %", "15 %")
    _say("longest stall of the event loop with sealing; without", f"{on.lags[-1]:.1f} ms; {off.lags[-1]:.1f} ms")
    _say("the 10th longest", f"{on.lags[-10]:.1f} ms; {off.lags[-10]:.1f} ms")
    _say("of those with sealing, while the sealer made a step", f"{on.during[-1]:.1f} ms, {on.during[-10]:.1f} ms")
    _say("... more than the longest without sealing", f"{max(0.0, on.during[-1] - off.lags[-1]):.1f} ms", "20 ms")


def _checkpoints(events: int) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as scratch:
        server = start(Path(scratch) / "data", environment=ON | {"AFFIDAVIT_RATE_PER_MINUTE": "0"})
        try:
            token = server.key("agentlens")
            load = [request("/api/events", body, token) for body in bodies(events, BATCH)]
            waited = under_checkpoints(server.base_url, load, CONNECTIONS, token)
        finally:
            server.stop()
    p99 = f"{waited.percentile(0.99) / 1000:.2f} s"
    _say("p99 from a request to its answer under a checkpoint, asked again at once", p99, "1.5 s")


def _round(side: Side, environment: dict[str, str], events: int) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as scratch:
        lags = Path(scratch) / "lags"
        more = {"AFFIDAVIT_RATE_PER_MINUTE": "0", "LAG_FILE": str(lags)}
        server = start(Path(scratch) / "data", environment=environment | more, program=LAGGING)
        try:
            token = server.key("agentlens")
            load = [request("/api/events", body, token) for body in bodies(events, BATCH)]
            send(server.base_url, load[: len(load) // 20], CONNECTIONS)  # warm
            outcome = send(server.base_url, load, CONNECTIONS)
            side.rates.append(events / outcome.seconds)
        finally:
            server.stop()
        if outcome.failures:
            sys.exit(f"{outcome.failures} requests failed: see {server.log}")
        otherwise, during = ([1000 * lag for lag in found] for found in json.loads(lags.read_text()))
        side.lags += otherwise + during
        side.during += during


def _evidence(data: Path, entries: int) -> None:
    initialise(place_in(data), "bench.example/ledger")
    store = open_store(place_in(data), exclusive=True)
    try:
        _fill(store, entries)
        tree = Tree(store)
        sealer = sealer_of(store, data, tree)
        whole = _median(lambda: sealer.seal(time.time_ns() // 1000), 1)
        _say(f"first seal of {entries:,} entries, off the path", f"{whole:.0f} ms")
        heads = _median(lambda: heads_root(store.roll()[1]), REPEATS)
        _say(f"heads of {CHAINS:,} chains", f"{heads:.1f} ms", "50 ms")
        _proofs(store, tree)
    finally:
        store.close()


def _fill(store: Ledger, entries: int) -> None:
    (workspace,) = store.workspaces()
    sequencer = Sequencer(store, store.origin, entropy=os.urandom)
    for first in range(0, entries, 1_000):
        drafts = [
            Draft(canonical.encode({"n": n}), Projection(f"chain {n % CHAINS}", "agent", None, "note", None, None))
            for n in range(first, min(first + 1_000, entries))
        ]
        commit(sequencer, Submission(workspace, "agentlens", "key_1", time.time_ns() // 1000, drafts))


def _proofs(store: Ledger, tree: Tree) -> None:
    newest = store.checkpoint()
    assert newest is not None
    chosen = [store.entry_at(number * 7919 % newest.size) for number in range(PROOFS)]
    times, sizes = [], []
    for entry in filter(None, chosen):
        started = time.perf_counter()
        (hashes,) = tree.inclusion([entry], newest.size)
        proof = format_proof(Proof(entry.position, tuple(hashes), newest.note))
        times.append(time.perf_counter() - started)
        sizes.append(len(proof))
    took = Outcome(0.0, times, 0)
    measured = f"{took.percentile(0.5):.2f} ms; {took.percentile(0.99):.2f} ms"
    _say("inclusion proof, all over the ledger: p50; p99", measured, "1 ms")
    _say("its size, with the checkpoint", f"{max(sizes):,} bytes", "1.7 KB")


def _median(work: Callable[[], object], repeats: int) -> float:
    """In ms."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def _say(what: str, measured: str, target: str = "") -> None:
    print(f"| {what} | {measured} | {target} |", flush=True)


if __name__ == "__main__":
    main()
