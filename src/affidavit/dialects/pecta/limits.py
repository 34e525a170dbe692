"""Pecta's limits. Source: https://docs.pecta.ai, page "POST /v1/ingest". Lengths are counted in code points."""

from __future__ import annotations

from typing import Final

MAX_EVENTS: Final = 100
MAX_GATES: Final = 50
MAX_NAME: Final = 200
"""Characters of an agent's id, a tool and a gate's name."""
MAX_REASON: Final = 500
MAX_EVALUATION_ID: Final = 50
MAX_LATENCY_MS: Final = 60_000
