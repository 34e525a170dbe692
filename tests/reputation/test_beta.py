"""Our own score: what fades, what is capped, and what is not."""

from __future__ import annotations

from math import isclose
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.model.evidence import Evidence
from affidavit.reputation.beta import MINUTE_US, Beta, status
from tests.reputation.evidences import DAY_US, START_US, Event, end, events, failures, folded, report, successes


def good(tool: str | None = "read") -> Evidence:
    return Evidence("success", "tool_response", tool=tool)


def bad(tool: str | None = "read", weight: int = 1) -> Evidence:
    return Evidence("failure", "tool_error", tool=tool, weight=weight)


def weights(*sent: Evidence) -> tuple[float, float]:
    """(successes, failures) as they count when all come within one minute."""
    values = report(Beta(), [(START_US, evidence) for evidence in sent])
    return values["effective_successes"], values["effective_failures"]


def test_successes_of_a_tool_in_a_minute_are_capped_and_so_are_all_tools() -> None:
    assert weights(*[good()] * 4) == (4, 0)
    assert weights(*[good()] * 10_000) == (5, 0)
    assert weights(*[good()] * 100, *[good("write")] * 100) == (10, 0)
    assert weights(*[good(str(number)) for number in range(10_000)]) == (20, 0)
    assert weights(*[good(None)] * 100, *[good("")] * 100) == (10, 0)


def test_failures_have_room_of_their_own() -> None:
    assert weights(*[good()] * 10_000, *[bad()] * 10) == (5, 10)
    assert weights(*[bad()] * 10_000) == (0, 20)
    assert weights(*[bad(str(number)) for number in range(10_000)]) == (0, 80)
    assert weights(bad(weight=3), bad(weight=3)) == (0, 6)
    assert weights(*[bad(weight=3)] * 7) == (0, 20)


def test_the_cap_is_for_one_minute() -> None:
    sent = [(START_US + second * 1_000_000, good()) for second in range(120)]

    assert isclose(report(Beta(), sent)["effective_successes"], 10, abs_tol=1e-3)


def test_tools_are_told_apart_by_their_first_200_characters() -> None:
    state = folded(Beta(), [(START_US, good("x" * 200 + str(number))) for number in range(10)])

    assert state.succeeded == {"x" * 200: 5}


def test_a_success_fades_by_half_in_30_days_and_a_failure_in_60() -> None:
    sent = [(START_US, good())] * 4 + [(START_US, bad())] * 4

    values = report(Beta(), sent, START_US + 60 * DAY_US)

    assert (values["effective_successes"], values["effective_failures"]) == (1.0, 2.0)


def test_evidence_that_has_faded_leaves_the_prior() -> None:
    sent = [(START_US, good())] * 4 + [(START_US, bad())] * 4

    assert report(Beta(), sent, START_US + 40_000 * DAY_US) == report(Beta(), [])
    assert report(Beta(), []) == {
        "score": 0.05,
        "mean": 0.5,
        "effective_evidence": 0.0,
        "effective_successes": 0.0,
        "effective_failures": 0.0,
        "status": "unknown",
    }


@pytest.mark.parametrize(
    ("evidence", "stage"), [(0, "unknown"), (0.5, "provisional"), (19.9, "provisional"), (20, "established")]
)
def test_stages(evidence: float, stage: str) -> None:
    assert status(evidence) == stage


@given(events(), st.data())
def test_a_success_anywhere_never_lowers_it(sent: list[Event], data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(sent)))
    at = sent[where][0] if where < len(sent) else end(sent)
    more = [*sent[:where], (at, data.draw(successes)), *sent[where:]]

    assert report(Beta(), more)["score"] >= report(Beta(), sent)["score"]
    assert report(Beta(), more)["mean"] >= report(Beta(), sent)["mean"]


@given(events(), st.data())
def test_a_failure_anywhere_never_raises_it(sent: list[Event], data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(sent)))
    at = sent[where][0] if where < len(sent) else end(sent)
    worse = [*sent[:where], (at, data.draw(failures)), *sent[where:]]

    assert report(Beta(), worse)["score"] <= report(Beta(), sent)["score"]


@given(st.lists(successes | failures, max_size=60), st.randoms())
def test_the_order_within_a_minute_does_not_matter(sent: list[Evidence], random: Random) -> None:
    start = START_US // MINUTE_US * MINUTE_US
    shuffled = random.sample(sent, len(sent))

    one, other = ([(start + index, evidence) for index, evidence in enumerate(case)] for case in (sent, shuffled))

    assert report(Beta(), one) == report(Beta(), other)


def test_the_headline_is_below_the_mean_and_comes_closer_with_evidence() -> None:
    gaps = []
    for minutes in (1, 10, 100):
        sent = [(START_US + minute * MINUTE_US, good()) for minute in range(minutes)]
        values = report(Beta(), sent)
        gaps.append(values["mean"] - values["score"])

    assert gaps == sorted(gaps, reverse=True)
    assert min(gaps) > 0
