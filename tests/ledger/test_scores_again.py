"""A score computed again is the score that was answered: whatever was asked when, in whatever portions it came."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.model.score import Score, Subject
from tests.ledger.scoring import (
    ALGORITHMS,
    ALICE,
    AT,
    BOB,
    DIALECTS,
    SCORERS,
    Ledger,
    evidence_of,
    subject,
)

DAY_US = 86_400_000_000
payloads = st.fixed_dictionaries(
    {
        "outcome": st.sampled_from(["success", "success", "failure", "neutral", None]),
        "ms": st.integers(0, 150) | st.floats(0, 150),
        "tool": st.sampled_from(["read", "write", None]),
    }
)
requests = st.fixed_dictionaries(
    {
        "payloads": st.lists(payloads, min_size=1, max_size=12),
        "repeat": st.sampled_from([1, 1, 1, 7, 40]),
        "agents": st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=3),
        "sessions": st.lists(st.sampled_from(["s", "t"]), min_size=1, max_size=3),
        "dialect": st.sampled_from(DIALECTS),
        "workspace": st.sampled_from([ALICE, BOB]),
        "wait": st.sampled_from([0, 1_000_000, DAY_US, 50 * DAY_US]),
        "then": st.sampled_from(["take and answer", "take", "answer", "ask", "nothing", "restart"]),
        "algorithm": st.sampled_from(ALGORITHMS),
    }
)
SUBJECTS = [
    subject(dialect, agent=agent, workspace=workspace)
    for dialect in DIALECTS
    for agent in ("a", "b")
    for workspace in (ALICE, BOB)
]


class Run:
    """Appends what a test says, and asks as it says, through scores that live through all of it."""

    def __init__(self, limit: int) -> None:
        self.ledger = Ledger(limit=limit)
        self.limit = limit
        self.now = AT
        self.answers: list[Score] = []

    def step(self, request: dict[str, Any]) -> None:
        """One request, and what is asked then."""
        self.now += request["wait"]
        dialect, workspace, algorithm = request["dialect"], request["workspace"], request["algorithm"]
        entries = self.ledger.append(
            *request["payloads"] * request["repeat"],
            agents=request["agents"],
            sessions=request["sessions"],
            dialect=dialect,
            workspace=workspace,
            at=self.now,
        )
        if request["then"] == "restart":
            self.ledger.scores = self.ledger.fresh_scores(limit=self.limit)
        if request["then"] in ("take", "take and answer"):
            self.ledger.scores.take(entries, algorithm)
        if request["then"] in ("answer", "take and answer"):
            self.answers += self.ledger.answer(entries, algorithm)
        if request["then"] == "ask":
            self.answers.append(self.ledger.scores.score(Subject(workspace, dialect, "a"), algorithm, self.now))

    def naive(self, about: Subject, algorithm: str) -> dict[str, Any]:
        """Every entry of the agent, one by one."""
        scorer: Any = next(scorer for scorer in SCORERS if scorer.algorithm == algorithm)
        state = scorer.start()
        for entry in self.ledger.store.scan(0, 1_000_000):
            if (entry.workspace, entry.dialect, entry.agent) != (about.workspace.id, about.dialect, about.agent):
                continue
            evidence = evidence_of(canonical.parse(entry.payload))
            if evidence and (scorer.window is None or evidence.outcome != "neutral"):
                state = scorer.fold(state, entry.at, evidence)
        values: dict[str, Any] = scorer.report(state, self.now)
        return values


@settings(max_examples=60, deadline=None)
@given(st.lists(requests, max_size=12), st.sampled_from([1, 3, 100]))
def test_incremental_equals_recomputed_equals_naive(steps: list[dict[str, Any]], limit: int) -> None:
    run = Run(limit)
    for request in steps:
        run.step(request)

    for about in SUBJECTS:
        for algorithm in ALGORITHMS:
            score = run.ledger.scores.score(about, algorithm, run.now)
            assert score == run.ledger.scores.recompute(about, algorithm, run.now)
            assert score == run.ledger.fresh_scores().score(about, algorithm, run.now)
            assert score.values == run.naive(about, algorithm)


@settings(max_examples=60, deadline=None)
@given(st.lists(requests, max_size=12), st.sampled_from([1, 3, 100]))
def test_as_of_its_last_entry_a_score_is_what_was_answered_then(steps: list[dict[str, Any]], limit: int) -> None:
    run = Run(limit)
    for request in steps:
        run.step(request)

    for scores in (run.ledger.scores, run.ledger.fresh_scores()):
        for answer in run.answers:
            if answer.last is not None:
                entry = run.ledger.store.entry_at(answer.last)
                assert entry is not None
                assert entry.hash == answer.head
                assert scores.as_of(entry, answer.algorithm, answer.computed_at) == answer


@settings(max_examples=40, deadline=None)
@given(st.lists(requests, max_size=8), st.sampled_from(ALGORITHMS), st.randoms())
def test_as_of_each_is_as_of_each(steps: list[dict[str, Any]], algorithm: str, random: Random) -> None:
    run = Run(100)
    for request in steps:
        run.step(request)
    entries = [entry for entry in run.ledger.store.scan(0, 100_000) if entry.agent is not None]
    page = random.sample(entries, min(20, len(entries)))

    scores = run.ledger.scores.as_of_each(page, algorithm)

    assert scores == [run.ledger.fresh_scores().as_of(entry, algorithm, entry.at) for entry in page]


@settings(max_examples=40, deadline=None)
@given(st.lists(payloads, max_size=150), st.data(), st.sampled_from(DIALECTS), st.sampled_from(ALGORITHMS))
def test_it_does_not_matter_how_events_are_batched(
    sent: list[dict[str, Any]], data: st.DataObject, dialect: str, algorithm: str
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sent)), max_size=8)))
    portions = [sent[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    whole, parts = Ledger(), Ledger()

    whole.append(*sent, dialect=dialect)
    for portion in portions:
        parts.scores.take(parts.append(*portion, dialect=dialect), algorithm)

    one = whole.scores.score(subject(dialect), algorithm, AT)
    other = parts.scores.score(subject(dialect), algorithm, AT)
    assert (one.values, one.entries, one.first, one.last) == (other.values, other.entries, other.first, other.last)
