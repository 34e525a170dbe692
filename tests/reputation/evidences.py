"""Evidence for tests: what agents do, with times that run forward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import msgspec
from hypothesis import strategies as st

from affidavit.model.evidence import Evidence
from affidavit.model.score import Scorer
from affidavit.reputation.asn import Trust, TrustHistory
from affidavit.reputation.beta import Beta
from affidavit.reputation.pecta import Pecta

SCORERS: Sequence[Scorer[Any]] = (Pecta(), Trust(), TrustHistory(), Beta())
DAY_US = 86_400_000_000
START_US = 20_000 * DAY_US

Event = tuple[int, Evidence]

latencies = (
    st.none() | st.integers(0, 200) | st.floats(0, 200) | st.sampled_from([60_000, 60_000.5, 5e-324, 10**400, -1])
)
tools = st.none() | st.sampled_from(["read", "write", "x" * 300])
successes = st.builds(Evidence, st.just("success"), st.just("task_completed"), st.none(), tools, latencies)
failures = st.one_of(
    st.builds(
        Evidence,
        st.just("failure"),
        st.sampled_from(["task_failed", "error"]),
        st.sampled_from([None, "error", "critical"]),
        tools,
        latencies,
    ),
    st.builds(Evidence, st.just("failure"), st.just("incident"), st.none(), tools, latencies, st.just(3)),
)
neutrals = st.builds(Evidence, st.just("neutral"), st.just("startup"))
steps = st.sampled_from([0, 0, 0, 1, 20_000_000, 60_000_000, DAY_US, DAY_US, 40 * DAY_US, 100 * DAY_US])


def events(of: st.SearchStrategy[Evidence] | None = None, *, at_most: int = 60) -> st.SearchStrategy[list[Event]]:
    """Events in ledger order, each received when the one before was, or later."""
    item = st.tuples(steps, successes | failures | neutrals if of is None else of)
    return st.lists(item, max_size=at_most).map(_timed)


def _timed(items: list[tuple[int, Evidence]]) -> list[Event]:
    times = accumulate((step for step, _ in items), initial=START_US)
    return [(at, evidence) for at, (_, evidence) in zip(list(times)[1:], items, strict=True)]


def folded(scorer: Scorer[Any], sent: Iterable[Event]) -> Any:
    """The state after these events, as the ledger folds them: with a window, neutral evidence is left out."""
    state = scorer.start()
    for at, evidence in sent:
        if scorer.window is None or evidence.outcome != "neutral":
            state = scorer.fold(state, at, evidence)
    return state


def report(scorer: Scorer[Any], sent: Sequence[Event], now: int | None = None) -> dict[str, Any]:
    """The values after these events; at the time of the last unless told otherwise."""
    return scorer.report(folded(scorer, sent), now if now is not None else end(sent))


def end(sent: Sequence[Event]) -> int:
    """When the last was received."""
    return sent[-1][0] if sent else START_US


def turned_good(evidence: Evidence) -> Evidence:
    """The same event, but it succeeded."""
    return msgspec.structs.replace(evidence, outcome="success", kind="task_completed", weight=1)
