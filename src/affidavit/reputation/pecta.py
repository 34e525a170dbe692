"""Pecta's reputation: the vendor's formula, window and stages, in exact arithmetic.

Source: the vendor's pages (https://docs.pecta.ai). The vendor computes in doubles, which are off by one where the
formula meets a whole number.
"""

from __future__ import annotations

from array import array
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from typing import Any, Final

from affidavit.model.evidence import Evidence

WINDOW: Final = 500
"""Evaluations that count, and from which on an agent is mature."""
STREAK: Final = 50
"""Passes in a row that earn all of the streak's points."""
MAX_LATENCY_MS: Final = 60_000
"""The vendor's limit on total_latency_ms; beyond it, and below 0, the nearest of the two counts."""

NS_A_MS: Final = 1_000_000

_EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""Adds any 500 doubles within the limit without rounding: at most 8 digits before the point and 324 behind it."""


class Window:
    """The newest evaluations in a ring, and their sums. 4.5 KiB when full.

    A latency counts as the decimal number that it is spelled as: 4.1 ms are 4,100,000 ns, not the double next to it.
    `whole_ns`: the sum of those that are whole nanoseconds, nearly all. `finer_ms`: the sum of the others.
    """

    __slots__ = ("finer_ms", "latencies_ms", "oldest", "passed", "passes", "streak", "whole_ns")

    def __init__(self) -> None:
        self.passed = bytearray()
        self.latencies_ms = array("d")
        self.oldest = 0
        self.passes = 0
        self.streak = 0
        self.whole_ns = 0
        self.finer_ms = Decimal()

    def push(self, passed: bool, latency_ms: float) -> None:
        """The newest evaluation in; out with the oldest where the window is full. O(1)."""
        if len(self.passed) < WINDOW:
            self.passed.append(passed)
            self.latencies_ms.append(latency_ms)
        else:
            at = self.oldest
            self.passes -= self.passed[at]
            self._count(-self.latencies_ms[at])
            self.passed[at] = passed
            self.latencies_ms[at] = latency_ms
            self.oldest = (at + 1) % WINDOW
        if passed:
            self.passes += 1
            if self.streak < WINDOW:
                self.streak += 1
        else:
            self.streak = 0
        self._count(latency_ms)

    def _count(self, latency_ms: float) -> None:
        # Two decimals of up to 15 digits never round to the same double: what divides back is how it is spelled.
        whole_ns = round(latency_ms * NS_A_MS)
        if whole_ns / NS_A_MS == latency_ms:
            self.whole_ns += whole_ns
        else:
            self.finer_ms = _EXACT.add(self.finer_ms, Decimal(repr(float(latency_ms))))

    @property
    def latency_ns(self) -> int | Fraction:
        """The sum over the window."""
        return self.whole_ns + Fraction(self.finer_ms) * NS_A_MS if self.finer_ms else self.whole_ns


class Pecta:
    """Implements model.score.Scorer."""

    algorithm: Final = "pecta/1"
    window: Final = WINDOW

    def start(self) -> Window:
        """No evaluations."""
        return Window()

    def fold(self, state: Window, at: int, evidence: Evidence) -> Window:
        """One evaluation further. A latency that was not sent counts as 0: the vendor asks for one."""
        latency_ms = evidence.latency_ms or 0
        if not 0 <= latency_ms <= MAX_LATENCY_MS:
            latency_ms = MAX_LATENCY_MS if latency_ms > 0 else 0
        state.push(evidence.outcome == "success", latency_ms)
        return state

    def report(self, state: Window, now: int) -> dict[str, Any]:
        """score (0 to 1000), status, and what they are made of, all over the window. Time changes nothing."""
        evaluations, latency_ns = len(state.passed), state.latency_ns
        return {
            "score": score(evaluations, state.passes, latency_ns, state.streak),
            "status": status(evaluations),
            "evaluations": evaluations,
            "passed": state.passes,
            "pass_rate": state.passes / evaluations if evaluations else 0,
            "avg_latency_ms": float(latency_ns / (evaluations * NS_A_MS)) if evaluations else 0,
            "streak": state.streak,
        }


def score(evaluations: int, passed: int, latency_ns: int | Fraction, streak: int) -> int:
    """The vendor's formula, over one denominator. `latency_ns`: the sum over the evaluations, which are at most WINDOW.

    floor(400·pass_rate + 250·max(0, 1 − avg_latency_ms/100) + 200·min(streak,50)/50 + 150·min(evaluations,500)/500)
    """
    if not evaluations:
        return 0
    tenths = 4000 * passed + 40 * min(streak, STREAK) * evaluations + 3 * evaluations * evaluations
    quick = 25 * max(0, 100 * NS_A_MS * evaluations - latency_ns)
    return int((NS_A_MS * tenths + quick) // (10 * NS_A_MS * evaluations))


def status(evaluations: int) -> str:
    """The vendor's stages."""
    if evaluations >= WINDOW:
        return "mature"
    if evaluations >= 50:
        return "active"
    return "calibrating" if evaluations else "new"
