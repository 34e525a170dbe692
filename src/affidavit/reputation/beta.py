"""Affidavit's own score: how much an agent's record justifies expecting its next action to succeed.

A Beta posterior over successes and failures that fade. The headline is the bound that the agent's success rate is
above with 95 % probability: little evidence and bad evidence both keep it low, only much good evidence raises it.
"""

from __future__ import annotations

from math import exp2
from typing import Any, Final

from affidavit.model.evidence import Evidence
from affidavit.reputation.quantile import beta_quantile

PRIOR: Final = 1.0
"""Successes and failures that everyone starts with: Beta(1, 1), every rate equally likely."""
CREDIBLE: Final = 0.05
"""Probability that the true rate is below the headline."""
MINUTE_US: Final = 60_000_000
SUCCESS_HALF_LIFE_MINUTES: Final = 30 * 24 * 60
FAILURE_HALF_LIFE_MINUTES: Final = 60 * 24 * 60
TOOL_MINUTE_SUCCESSES: Final = 5
"""What the successes of one tool in one minute weigh at most. Failures have room of their own, so that no flood of
successes hides one."""
TOOL_MINUTE_FAILURES: Final = 20
TOOLS_A_MINUTE: Final = 4
"""All tools together weigh, in one minute, as much as so many: made-up names for tools gain little."""
ESTABLISHED: Final = 20.0
"""Effective evidence from which on a score is more than provisional."""
MAX_TOOL_CHARACTERS: Final = 200
"""What tells tools apart. Bounds the memory of a state."""

_Counted = dict[str | None, int]


class Fading:
    """A sum whose terms fade with a half-life, as it was in the minute of its newest term."""

    __slots__ = ("half_life", "minute", "sum")

    def __init__(self, half_life: int) -> None:
        self.half_life = half_life
        self.sum = 0.0
        self.minute = 0

    def at(self, minute: int) -> float:
        """The sum as it is in a minute, the newest term's or a later one."""
        return self.sum * exp2((self.minute - minute) / self.half_life)

    def add(self, weight: int, minute: int) -> None:
        """One more term. Nothing at all happens for none, so that the other terms keep their exact sum."""
        if weight:
            self.sum = self.at(minute) + weight
            self.minute = minute


class Trials:
    """What fades, and what the newest minute has counted so far for each tool."""

    __slots__ = ("failed", "failures", "minute", "succeeded", "successes")

    def __init__(self) -> None:
        self.successes = Fading(SUCCESS_HALF_LIFE_MINUTES)
        self.failures = Fading(FAILURE_HALF_LIFE_MINUTES)
        self.minute = 0
        self.succeeded: _Counted = {}
        self.failed: _Counted = {}


class Beta:
    """Implements model.score.Scorer."""

    algorithm: Final = "beta/1"
    window: Final = None

    def start(self) -> Trials:
        """The prior alone."""
        return Trials()

    def fold(self, state: Trials, at: int, evidence: Evidence) -> Trials:
        """One entry further. Time never runs backwards: an earlier `at` counts as the newest so far."""
        minute = at // MINUTE_US
        if minute > state.minute:
            state.minute = minute
            state.succeeded, state.failed = {}, {}
        if evidence.outcome == "success":
            weight = _counted(state.succeeded, evidence.tool, 1, TOOL_MINUTE_SUCCESSES)
            state.successes.add(weight, state.minute)
        elif evidence.outcome == "failure":
            weight = _counted(state.failed, evidence.tool, evidence.weight, TOOL_MINUTE_FAILURES)
            state.failures.add(weight, state.minute)
        return state

    def report(self, state: Trials, now: int) -> dict[str, Any]:
        """score (the headline) and mean, 0 to 1, and the evidence that they are made of, as it has faded by `now`."""
        minute = max(now // MINUTE_US, state.minute)
        successes, failures = state.successes.at(minute), state.failures.at(minute)
        evidence = successes + failures
        return {
            "score": round(beta_quantile(CREDIBLE, PRIOR + successes, PRIOR + failures), 4),
            "mean": round((PRIOR + successes) / (2 * PRIOR + evidence), 4),
            "effective_evidence": round(evidence, 4),
            "effective_successes": round(successes, 4),
            "effective_failures": round(failures, 4),
            "status": status(round(evidence, 4)),
        }


def _counted(minute: _Counted, tool: str | None, weight: int, most: int) -> int:
    """How much of a weight still counts in its minute; noted there. `most`: what one tool may weigh."""
    name = tool and tool[:MAX_TOOL_CHARACTERS]
    used = minute.get(name, 0)
    room = min(most - used, most * TOOLS_A_MINUTE - sum(minute.values()))
    counted = min(weight, room)
    if counted:
        minute[name] = used + counted
    return counted


def status(evidence: float) -> str:
    """How far a score may be trusted, by its effective evidence."""
    if evidence >= ESTABLISHED:
        return "established"
    return "provisional" if evidence > 0 else "unknown"
