"""What the load is made of: AgentLens events as a working agent sends them, about 300 bytes each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import orjson

AGENTS = 100
SESSIONS = 1_000
SESSIONS_A_BATCH = 10
RARE_WORD = "zanzibar"
"""Stands in one event of a thousand: what the full-text benchmark looks for."""
_WORDS = tuple(Path(__file__).with_name("words.txt").read_text().split())


def bodies(count: int, batch: int, seed: int = 1, sessions: str = "sess") -> Iterator[bytes]:
    """Request bodies with `count` events in all, `batch` in each. `sessions`: what their names begin with."""
    chance = random.Random(seed)
    for start in range(0, count, batch):
        chosen = chance.sample(range(SESSIONS), min(SESSIONS_A_BATCH, batch))
        size = min(batch, count - start)
        events = [_event(chance, f"{sessions}_", chance.choice(chosen), start + n) for n in range(size)]
        yield orjson.dumps({"events": events})


def _event(chance: random.Random, sessions: str, session: int, number: int) -> dict[str, object]:
    words = chance.choices(_WORDS, k=8) + ([RARE_WORD] if number % 1000 == 7 else [])
    return {
        "sessionId": f"{sessions}{session:04}",
        "agentId": f"agent-{session % AGENTS:03}",
        "eventType": "tool_call" if number % 10 else "tool_error",
        "severity": "info" if number % 10 else "error",
        "payload": {
            "toolName": chance.choice(_WORDS),
            "callId": f"call_{number:07}",
            **({"arguments": {"query": " ".join(words), "limit": 10}} if number % 10 else _failure(words)),
        },
        "metadata": {"env": "prod"},
        "timestamp": _timestamp(number),
    }


def _timestamp(number: int) -> str:
    return f"2026-02-{1 + number // 100_000 % 28:02}T10:{number // 60 % 60:02}:{number % 60:02}.{number % 1000:03}Z"


def _failure(words: list[str]) -> dict[str, object]:
    return {"error": " ".join(words), "durationMs": 12.5}
