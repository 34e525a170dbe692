"""Reads on a large ledger, as bench.ingest --keep DIR leaves one. Run: .venv/bin/python -m bench.reads DIR"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from affidavit.wiring.ledger import open_store
from affidavit.wiring.place import place_in
from bench.events import RARE_WORD
from bench.process import machine
from tests.running import Running, run, start

ROUNDS = 21
PAGES: Mapping[str, Mapping[str, str]] = {
    "newest 50": {},
    "50 of a session": {"sessionId": "sess_0123"},
    "50 of an agent": {"agentId": "agent-023"},
    "50 errors of an agent": {"agentId": "agent-023", "eventType": "tool_error"},
    "50 errors of everybody": {"eventType": "tool_error"},
    "a word in one event of a thousand": {"search": RARE_WORD},
    "a word in one session": {"search": RARE_WORD, "sessionId": "sess_0123"},
    "a text of which there is none": {"search": "no such words at all"},
}


def main() -> None:
    """Print a Markdown table: the median and the slowest of ROUNDS requests, over HTTP."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("ledger", type=Path, help="a data directory; it is only read")
    chosen = options.parse_args()
    print(machine())
    settle(chosen.ledger)
    started = time.perf_counter()
    server = start(chosen.ledger)
    print(f"start to ready: {time.perf_counter() - started:.2f} s")
    try:
        token = server.key("agentlens")
        print("| request | found | median ms | slowest ms |\n|---|---|---|---|")
        for name, parameters in PAGES.items():
            ask(server, token, name, parameters)
    finally:
        server.stop()
    verify(chosen.ledger)


def settle(ledger: Path) -> None:
    """Bring the index up to the last entry, as the server does once it has time."""
    store = open_store(place_in(ledger), exclusive=True)
    started, moved = time.perf_counter(), 0
    try:
        while step := store.index(20_000):
            moved += step
    finally:
        store.close()
    print(f"index: {moved:,} entries were left to do, {time.perf_counter() - started:.1f} s")


def ask(server: Running, token: str, name: str, parameters: Mapping[str, str]) -> None:
    """One line of the table."""
    url = f"{server.base_url}/api/events?{urllib.parse.urlencode(parameters)}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    taken, answer = [], {}
    for _ in range(ROUNDS):
        started = time.perf_counter()
        with urllib.request.urlopen(request) as response:
            answer = json.load(response)
        taken.append((time.perf_counter() - started) * 1000)
    print(f"| {name} | {answer['total']:,} | {statistics.median(taken):.1f} | {max(taken):.1f} |", flush=True)


def verify(ledger: Path) -> None:
    """`affidavit verify` as people run it."""
    started = time.perf_counter()
    report: Any = json.loads(run("verify", "--data", ledger, "--json").stdout)
    elapsed = time.perf_counter() - started
    print(f"verify: {report['status']}, {report['entries'] / elapsed:,.0f} entries/s")


if __name__ == "__main__":
    main()
