"""How healthy an agent's sessions are, from 0 to 100. Pure arithmetic.

Source: the formulas of the open server. Five dimensions: sessions without errors, cost and duration of a session
against what is usual, calls of tools that did not fail, sessions that were completed.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any

import msgspec

from affidavit.dialects.agentlens.usage import Number, plain


class Run(msgspec.Struct):
    """A session. `begun` in µs since 1970; `duration` in ms, None while nobody ended it; `cost` in US dollars."""

    begun: int
    failed: bool = False
    completed: bool = False
    cost: Number = 0
    duration: int | None = None


class Dimension(msgspec.Struct, frozen=True):
    """One side of an agent's health: points from 0 to 100, and the value behind them."""

    name: str
    points: float
    weight: float
    value: float
    description: str

    def row(self) -> dict[str, Any]:
        """The vendor's names."""
        return {
            "name": self.name,
            "score": rounded(self.points, 2),
            "weight": self.weight,
            "rawValue": plain(self.value),
            "description": self.description,
        }


def rounded(value: float, digits: int) -> Number:
    """As JavaScript's Math.round rounds, halves up."""
    scale = 10**digits
    return plain(floor(value * scale + 0.5) / scale)


def dimensions_of(runs: Sequence[Run], baseline: Sequence[Run], calls: int, failures: int) -> list[Dimension]:
    """The five dimensions of at least one session. `baseline`: what cost and duration are compared with."""
    total, failed = len(runs), sum(run.failed for run in runs)
    completed = sum(run.completed for run in runs)
    cost, duration = _mean([run.cost for run in runs]), _mean(_durations(runs))
    usual_cost, usual_duration = _mean([run.cost for run in baseline]), _mean(_durations(baseline))
    success = (calls - failures) / calls if calls else 1
    told = f"{calls - failures}/{calls} tool calls succeeded" if calls else "No tool calls in window"
    shown = floor(duration + 0.5)
    return [
        _rate("error_rate", 1 - failed / total, 0.3, failed / total, f"{failed}/{total} sessions had errors"),
        Dimension(
            "cost_efficiency", _against(cost, usual_cost, 100), 0.2, rounded(cost, 6),
            f"Avg cost per session: ${cost:.4f}",
        ),
        _rate("tool_success", success, 0.2, success, told),
        Dimension(
            "latency", _against(duration, usual_duration, 50), 0.15, shown, f"Avg session duration: {shown}ms"
        ),
        _rate(
            "completion_rate", completed / total, 0.15, completed / total, f"{completed}/{total} sessions completed"
        ),
    ]  # fmt: skip


def _rate(name: str, share: float, weight: float, value: float, description: str) -> Dimension:
    return Dimension(name, share * 100, weight, rounded(value, 4), description)


def _against(value: float, usual: float, penalty: int) -> float:
    """100 points, less `penalty` for each time that a value is as much again above what is usual."""
    return max(0.0, min(100.0, 100 - (value / usual - 1) * penalty)) if value and usual else 100.0


def _durations(runs: Sequence[Run]) -> list[Number]:
    return [run.duration for run in runs if run.duration is not None]


def _mean(values: Sequence[Number]) -> float:
    return sum(values) / len(values) if values else 0.0
