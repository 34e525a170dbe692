"""Ingest over HTTP, fsynced, with the load on the same machine. Run: .venv/bin/python -m bench.ingest [--events N]"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.events import bodies
from bench.floor import floor
from bench.load import request, send
from bench.process import cpu_seconds, machine, peak_memory
from tests.running import Running, start

FLOOR_ROWS = 200_000
COLUMNS = (
    "batch", "connections", "events", "events/s", "requests/s", "p50 ms", "p99 ms", "CPU µs an event", "peak MB",
    "floor rows/s", "of the floor", "with pages indexed", "of that",
)  # fmt: skip


@dataclass
class Scenario:
    """`share`: of the events asked for, since single events take longer."""

    batch: int
    connections: int
    share: float
    rows_a_commit: int


SCENARIOS = (
    Scenario(batch=1, connections=64, share=0.1, rows_a_commit=64),
    Scenario(batch=50, connections=16, share=0.5, rows_a_commit=50),
    Scenario(batch=1000, connections=4, share=1.0, rows_a_commit=1000),
)


def main() -> None:
    """Print one line a scenario, as a Markdown table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=1_000_000, help="events of the largest scenario")
    options.add_argument("--keep", type=Path, help="leave the largest scenario's ledger there, for bench.reads")
    chosen = options.parse_args()
    print(machine())
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as scratch:
            measure(scenario, int(chosen.events * scenario.share), Path(scratch), chosen.keep)


def measure(scenario: Scenario, events: int, scratch: Path, keep: Path | None) -> None:
    """One scenario against a server of its own."""
    server = start(scratch / "data", environment={"AFFIDAVIT_RATE_PER_MINUTE": "0"})
    try:
        token = server.key("agentlens")
        requests = [request("/api/events", body, token) for body in bodies(events, scenario.batch)]
        send(server.base_url, requests[: max(1, len(requests) // 50)], scenario.connections)  # warm
        before = cpu_seconds(server.process.pid)
        outcome = send(server.base_url, requests, scenario.connections)
        cpu = cpu_seconds(server.process.pid) - before
        memory = peak_memory(server.process.pid)
    finally:
        server.stop()
    if outcome.failures:
        sys.exit(f"{outcome.failures} requests failed: see {server.log}")
    rows, indexed = floor(server.data, scratch / "floor", scenario.rows_a_commit, FLOOR_ROWS)
    rate = events / outcome.seconds
    figures = (
        f"{scenario.batch}", f"{scenario.connections}", f"{events:,}", f"{rate:,.0f}",
        f"{len(requests) / outcome.seconds:,.0f}", f"{outcome.percentile(0.5):.1f}", f"{outcome.percentile(0.99):.1f}",
        f"{cpu / events * 1e6:.1f}", f"{memory:.0f}", f"{rows:,.0f}", f"{rate / rows:.2f}",
        f"{indexed:,.0f}", f"{rate / indexed:.2f}",
    )  # fmt: skip
    print(f"| {' | '.join(figures)} |", flush=True)
    _keep(server, scenario, keep)


def _keep(server: Running, scenario: Scenario, keep: Path | None) -> None:
    if keep and scenario is SCENARIOS[-1]:
        shutil.rmtree(keep, ignore_errors=True)
        shutil.copytree(server.data, keep)


if __name__ == "__main__":
    main()
