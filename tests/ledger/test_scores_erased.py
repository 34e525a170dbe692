"""Scores after an erasure: those of what is left, in memory and made anew alike."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.core.entry import Entry
from affidavit.ledger.erasure import Grounds, erasure
from tests.committing import commit
from tests.ledger.scoring import ALGORITHMS, AT, BY_AGENT, DIALECTS, FAILED, NEUTRAL, PASSED, Ledger, subject

AGENTS = ("one", "two")


def erase(ledger: Ledger, entries: list[Entry]) -> None:
    """As the server does: committed, then forgotten."""
    left = [entry for entry in entries if not ledger.store.scan(entry.position, 1)[0].erased]
    if left:
        commit(ledger._sequencer, erasure(left, Grounds("a test", "a test"), AT))
        ledger.scores.forget(left)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.sampled_from((PASSED, FAILED, NEUTRAL)), st.sampled_from(DIALECTS)),
        st.tuples(st.just("erase"), st.integers(0, 30), st.integers(1, 5)),
        st.tuples(st.just("ask"), st.sampled_from(AGENTS), st.sampled_from(DIALECTS)),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(steps=steps)
def test_short_way_and_long_way_agree(steps: list[tuple[object, ...]]) -> None:
    ledger, recorded = Ledger(), list[Entry]()
    for what, first, second in steps:
        if what == "append":
            recorded += ledger.append(first, first, agents=AGENTS, dialect=second)  # type: ignore[arg-type]
            ledger.scores.take(recorded[-2:], ALGORITHMS[0])
        elif what == "erase" and isinstance(first, int) and isinstance(second, int):
            erase(ledger, recorded[first : first + second])
        _agree(ledger)


def _agree(ledger: Ledger) -> None:
    for agent in AGENTS:
        for dialect in DIALECTS:
            asked = subject(dialect, agent=agent)
            for algorithm in ALGORITHMS:
                score = ledger.scores.score(asked, algorithm, AT)
                anew = ledger.scores.recompute(asked, algorithm, AT)
                fresh = ledger.fresh_scores().score(asked, algorithm, AT)
                assert score.values == anew.values == fresh.values
                assert (score.entries, score.first) == (fresh.entries, fresh.first)


def test_what_is_erased_counts_no_more() -> None:
    ledger = Ledger()
    entries = [ledger.append(payload)[0] for payload in (FAILED, PASSED, FAILED)]
    ledger.append(PASSED, agents=("another",))
    asked = subject(BY_AGENT)
    before = {name: ledger.scores.score(asked, name, AT).values for name in ALGORITHMS}
    kept = ledger.scores._standings.get((1, BY_AGENT, "another", ALGORITHMS[0]))
    erase(ledger, [entries[0], entries[2]])
    alone = Ledger()
    alone.append(PASSED)
    for name in ALGORITHMS:
        after = ledger.scores.score(asked, name, AT).values
        assert after != before[name]
        assert after == alone.scores.score(asked, name, AT).values
    assert ledger.scores._standings.get((1, BY_AGENT, "another", ALGORITHMS[0])) is kept, "others are left alone"
