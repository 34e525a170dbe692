"""What idempotency and scores cost at ingest, on and off in one run. Run: .venv/bin/python -m bench.extras"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from affidavit import dialects
from affidavit.core.entry import Entry
from affidavit.ledger.scores import Scores
from affidavit.wiring.ledger import Ledger, open_store
from affidavit.wiring.place import place_in
from affidavit.wiring.scores import note_committed, scores_of
from bench.events import bodies
from bench.load import Outcome, request, send
from bench.process import cpu_seconds, machine
from tests.running import Running, start

ROUNDS = 4
"""Of each way, taking turns, so that a slow moment of the machine hits both."""
EVALUATIONS, AGENTS, CONNECTIONS = 100, 10, 16
SHARES = (0.75, 0.5)
BLOCK_ENTRIES = 1_000
ENVIRONMENT = {"AFFIDAVIT_RATE_PER_MINUTE": "0"}


def main() -> None:
    """Print three figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=400_000)
    chosen = options.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as scratch:
        server = start(Path(scratch) / "data", environment=ENVIRONMENT)
        try:
            idempotency(server, chosen.events // ROUNDS // 2)
            spent = evaluations(server, chosen.events // EVALUATIONS // 4)
        finally:
            server.stop()
        scores(Path(scratch) / "data", spent)


def idempotency(server: Running, events: int) -> None:
    """Batches of 1,000 with and without an Idempotency-Key."""
    token = server.key("agentlens")
    seconds = {False: 0.0, True: 0.0}
    for turn in range(2 * ROUNDS):
        keyed = bool(turn % 2)
        requests = [
            request("/api/events", body, token, {"Idempotency-Key": f"{turn}-{number}"} if keyed else {})
            for number, body in enumerate(bodies(events, 1000, seed=turn))
        ]
        seconds[keyed] += _checked(send(server.base_url, requests, 4)).seconds
    rates = {keyed: ROUNDS * events / taken for keyed, taken in seconds.items()}
    print(
        f"idempotency: {rates[False]:,.0f} events/s without keys, {rates[True]:,.0f} with: "
        f"{1 - rates[True] / rates[False]:.1%} less"
    )


def evaluations(server: Running, count: int) -> float:
    """Pecta's ingest, 100 evaluations of 10 agents a request. Returns the processor time of an event, in µs."""
    token, chance = server.key("pecta"), random.Random(1)
    requests = [request("/v1/ingest", _evaluations(chance), token) for _ in range(count)]
    _checked(send(server.base_url, requests[:50], CONNECTIONS))  # agents that were seen before
    before = cpu_seconds(server.process.pid)
    outcome = _checked(send(server.base_url, requests, CONNECTIONS))
    spent = (cpu_seconds(server.process.pid) - before) / (count * EVALUATIONS) * 1e6
    rate = count / outcome.seconds
    _say(f"{CONNECTIONS} connections that never pause", rate, outcome)
    for share in SHARES:
        paced = _checked(send(server.base_url, requests, CONNECTIONS, a_second=rate * share))
        _say(f"{CONNECTIONS} connections at {share:.0%} of that rate", count / paced.seconds, paced)
    print(f"Pecta: {spent:.1f} µs of CPU an event")
    return spent


def scores(ledger: Path, spent: float) -> None:
    """What of that goes to scores: the same entries, folded as an ingest folds them."""
    known = dialects.load()
    store = open_store(place_in(ledger), exclusive=False)
    try:
        entries = [entry for entry in _all(store) if entry.dialect == "pecta"]
        folded: Scores = scores_of(store, known.values())
        started = time.process_time()
        for place in range(0, len(entries), EVALUATIONS):
            note_committed(folded, entries[place : place + EVALUATIONS])
        taken = (time.process_time() - started) / len(entries) * 1e6
    finally:
        store.close()
    print(f"scores: {taken:.1f} µs of CPU an event, {taken / spent:.1%} of Pecta's ingest")


def _say(how: str, rate: float, outcome: Outcome) -> None:
    print(
        f"Pecta, {EVALUATIONS} evaluations of {AGENTS} agents over {how}: {rate * EVALUATIONS:,.0f} events/s, "
        f"p50 {outcome.percentile(0.5):.1f} ms, p99 {outcome.percentile(0.99):.1f} ms"
    )


def _all(store: Ledger) -> Iterator[Entry]:
    position = 0
    while block := store.scan(position, BLOCK_ENTRIES):
        yield from block
        position = block[-1].position + 1


def _evaluations(chance: random.Random) -> bytes:
    return orjson.dumps(
        {
            "events": [
                {
                    "agent_id": f"bid-agent-{number % AGENTS}",
                    "tool": "submit_bid",
                    "passed": chance.random() < 0.9,
                    "gates": [{"name": "bid_sanity", "passed": True, "latency_ms": 2}],
                    "total_latency_ms": chance.randrange(1, 40),
                }
                for number in range(EVALUATIONS)
            ]
        }
    )


def _checked(outcome: Outcome) -> Outcome:
    if outcome.failures:
        raise SystemExit(f"{outcome.failures} requests failed")
    return outcome


if __name__ == "__main__":
    main()
