"""Scores over a ledger: what is read for them, and what happens where reading fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.errors import StoreFailed, StoreUnreadable
from affidavit.ledger.standing import BLOCK_ENTRIES, parse_canonical
from affidavit.reputation.pecta import WINDOW
from tests.ledger.scoring import (
    ALGORITHMS,
    ALICE,
    AT,
    BOB,
    BY_AGENT,
    BY_SESSION,
    DIALECTS,
    FAILED,
    NEUTRAL,
    PASSED,
    SAYS_NOTHING,
    Ledger,
    Store,
    subject,
)

PECTA = "pecta/1"
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


def test_just_committed_entries_are_folded_without_reading_anything() -> None:
    ledger = Ledger()

    for _ in range(20):
        entries = ledger.append(*[PASSED] * 100, agents=("a", "b", "c"))
        assert ledger.scores.take(entries, PECTA)
        scores = ledger.answer(entries, PECTA)

    assert [score.agent for score in scores] == ["a", "b", "c"]
    assert [score.values["evaluations"] for score in scores] == [500, 500, 500]
    assert not ledger.store.calls


def test_requests_that_were_taken_together_are_each_answered_as_of_their_own_entries() -> None:
    ledger = Ledger()
    requests = [ledger.append(PASSED, FAILED, PASSED) for _ in range(10)]

    for entries in requests:
        assert ledger.scores.take(entries, PECTA)
    answers = [ledger.answer(entries, PECTA)[0] for entries in reversed(requests)]

    assert [score.values["evaluations"] for score in answers] == list(range(30, 0, -3))
    assert not ledger.store.calls


def test_what_is_remembered_is_remembered_for_its_time_alone() -> None:
    ledger = Ledger()
    entries = ledger.append(PASSED)
    ledger.scores.take(entries, "beta/1")

    for now in (AT, AT + 10**15):
        score = ledger.scores.as_of(entries[0], "beta/1", now)
        assert score == ledger.fresh_scores().as_of(entries[0], "beta/1", now)
        assert score.computed_at == now


def test_entries_without_an_agent_are_passed_over() -> None:
    ledger = Ledger()
    entries = ledger.append(*[PASSED] * 6, agents=("z", None))

    assert ledger.scores.take(entries, PECTA)
    assert [score.agent for score in ledger.answer(entries, PECTA)] == ["z"]


def test_taking_never_reads_and_says_when_it_would_have_to() -> None:
    ledger = Ledger()
    ledger.append(PASSED)
    entries = ledger.append(PASSED)
    sessions = ledger.append(PASSED, dialect=BY_SESSION)

    assert not ledger.scores.take(entries, PECTA)
    assert not ledger.scores.take(sessions, PECTA)
    assert not ledger.store.calls
    assert ledger.answer(entries, PECTA)[0].values["evaluations"] == 2
    assert ledger.scores.take(ledger.append(PASSED), PECTA)


def test_taking_never_waits_for_a_reader() -> None:
    ledger = Ledger()
    ledger.append(PASSED)
    entered, released = threading.Event(), threading.Event()

    def stuck() -> None:
        entered.set()
        released.wait(10)

    ledger.store.before_reading = stuck
    reader = threading.Thread(target=ledger.scores.score, args=(subject(), PECTA, AT))
    reader.start()
    entered.wait(10)
    entries = ledger.append(PASSED)

    assert not ledger.scores.take(entries, PECTA)
    released.set()
    reader.join()
    assert ledger.answer(entries, PECTA)[0].values["evaluations"] == 2


def test_a_score_says_what_it_was_computed_over() -> None:
    ledger = Ledger()
    ledger.append(PASSED, agents=("other",))
    ledger.append(*[PASSED] * 600)
    entries = ledger.append(SAYS_NOTHING)

    score = ledger.scores.score(subject(), PECTA, AT)

    assert (score.algorithm, score.agent, score.entries, score.computed_at) == (PECTA, "agent", 500, AT)
    assert (score.first, score.last, score.head) == (101, 601, entries[-1].hash)


@each_algorithm
@each_dialect
def test_an_agent_without_entries_has_a_score_of_nothing(dialect: str, algorithm: str) -> None:
    score = Ledger().scores.score(subject(dialect), algorithm, AT)

    assert (score.entries, score.first, score.last, score.head) == (0, None, None, None)
    assert score.values


def test_the_first_question_reads_the_window_and_no_more() -> None:
    ledger = Ledger()
    ledger.append(*[FAILED] * 3000)
    ledger.append(*[PASSED] * WINDOW)

    assert ledger.scores.score(subject(), PECTA, AT).values["passed"] == WINDOW
    assert ledger.store.read == list(range(3000, 3500))


def test_the_next_question_reads_what_is_new() -> None:
    ledger = Ledger()
    ledger.append(*[PASSED] * 600)
    ledger.scores.score(subject(), PECTA, AT)
    ledger.store.read.clear()
    ledger.append(FAILED, PASSED)

    assert ledger.scores.score(subject(), PECTA, AT).values["streak"] == 1
    assert ledger.store.read == [600, 601]


@pytest.mark.parametrize("filler", [NEUTRAL, SAYS_NOTHING])
def test_the_window_reaches_over_entries_that_do_not_count(filler: dict[str, object]) -> None:
    ledger = Ledger()
    ledger.append(*[PASSED] * 5000)
    ledger.append(*[FAILED] * 100)
    ledger.append(*[filler] * 700)

    score = ledger.scores.score(subject(), PECTA, AT)

    assert (score.values["evaluations"], score.values["passed"], score.first) == (500, 400, 4600)
    assert min(ledger.store.read) > 3000
    assert score == ledger.scores.recompute(subject(), PECTA, AT)


def test_entries_that_another_process_wrote_are_read_before_ones_own() -> None:
    ledger = Ledger()
    ledger.scores.take(ledger.append(*[PASSED] * 10), PECTA)
    ledger.append(FAILED)
    entries = ledger.append(PASSED, PASSED)

    assert not ledger.scores.take(entries, PECTA)
    (score,) = ledger.answer(entries, PECTA)

    assert (score.values["evaluations"], score.values["streak"]) == (13, 2)
    assert ledger.store.read == [10, 11, 12]


@each_dialect
def test_entries_that_come_late_or_twice_count_once(dialect: str) -> None:
    ledger = Ledger()
    first, second, third = (ledger.append(PASSED, PASSED, FAILED, dialect=dialect) for _ in range(3))

    for entries in (second, first, third, first, third):
        ledger.scores.take(entries, PECTA)
        assert ledger.answer(entries, PECTA) == [ledger.fresh_scores().as_of(entries[-1], PECTA, AT)]

    assert ledger.scores.score(subject(dialect), PECTA, AT) == ledger.scores.recompute(subject(dialect), PECTA, AT)


def test_a_question_about_long_ago_does_not_make_the_next_one_read_all_since() -> None:
    ledger = Ledger()
    old = ledger.append(*[PASSED] * 10)
    ledger.append(*[FAILED] * 5000)
    ledger.scores.as_of(old[-1], PECTA, AT)
    ledger.store.read.clear()

    ledger.scores.score(subject(), PECTA, AT)

    assert ledger.store.read == list(range(4510, 5010))


def test_a_page_of_entries_is_scored_in_one_reading() -> None:
    ledger = Ledger()
    ledger.append(*[PASSED, FAILED] * 1000)
    page = ledger.store.scan(1900, 100)[::-1]

    scores = ledger.scores.as_of_each(page, PECTA)

    assert ledger.store.read == list(range(1401, 2000))
    assert scores == [ledger.scores.as_of(entry, PECTA, AT) for entry in page]


def test_an_agent_of_many_sessions_is_scored_in_the_order_of_positions() -> None:
    ledger = Ledger()
    ledger.append(PASSED, FAILED, PASSED, PASSED, dialect=BY_SESSION, sessions=("two", "one", "two", "one"))

    assert ledger.scores.score(subject(BY_SESSION), PECTA, AT).values["streak"] == 2


@each_algorithm
@each_dialect
def test_workspaces_and_dialects_see_nothing_of_each_other(dialect: str, algorithm: str) -> None:
    ledger = Ledger()
    for workspace, name in ((ALICE, BY_AGENT), (BOB, BY_AGENT), (ALICE, BY_SESSION), (BOB, BY_SESSION)):
        count = 1 if (workspace, name) == (BOB, dialect) else 30
        entries = ledger.append(*[FAILED] * count, workspace=workspace, dialect=name)
        ledger.scores.take(entries, algorithm)

    assert ledger.scores.score(subject(dialect, workspace=BOB), algorithm, AT).entries == 1


@each_algorithm
@each_dialect
def test_what_could_not_be_read_is_read_the_next_time(dialect: str, algorithm: str) -> None:
    ledger = Ledger()
    ledger.append(*[PASSED, FAILED, NEUTRAL] * 600, dialect=dialect)
    expected = ledger.fresh_scores().recompute(subject(dialect), algorithm, AT)

    for fails_after in range(3000 // BLOCK_ENTRIES):
        ledger.store.fails_after = fails_after
        try:
            ledger.scores.score(subject(dialect), algorithm, AT)
        except StoreFailed:
            continue
        break
    ledger.store.fails_after = None
    ledger.append(PASSED, dialect=dialect)

    assert expected != ledger.scores.score(subject(dialect), algorithm, AT)
    assert ledger.scores.recompute(subject(dialect), algorithm, AT) == ledger.scores.score(
        subject(dialect), algorithm, AT
    )


def test_a_failure_while_reading_on_folds_nothing_twice() -> None:
    ledger = Ledger()
    ledger.scores.score(subject(), "beta/1", AT)
    ledger.append(*[PASSED] * 3 * BLOCK_ENTRIES)

    ledger.store.fails_after = 2
    with pytest.raises(StoreFailed):
        ledger.scores.score(subject(), "beta/1", AT)
    ledger.store.fails_after = None

    assert ledger.scores.score(subject(), "beta/1", AT) == ledger.scores.recompute(subject(), "beta/1", AT)


def changed(entry: Entry, payload: bytes) -> Entry:
    return msgspec.structs.replace(entry, payload=payload)


@pytest.mark.parametrize("payload", [b'{"other":1}', b"{", b"\xff"])
def test_a_payload_that_was_changed_is_named_and_not_folded(payload: bytes) -> None:
    ledger = Ledger()
    entries = ledger.append(*[PASSED] * 5)
    ledger.store.replace(changed(entries[3], payload))

    for _ in range(2):
        with pytest.raises(StoreUnreadable, match="run `affidavit verify`") as caught:
            ledger.scores.score(subject(), PECTA, AT)
        assert caught.value.position == 3
    ledger.store.replace(entries[3])

    assert ledger.scores.score(subject(), PECTA, AT).entries == 5


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values)
def test_canonical_json_is_read_as_the_core_reads_it(value: Any) -> None:
    payload = canonical.encode_exactly(value)

    assert repr(parse_canonical(payload)) == repr(canonical.parse(payload))


def test_an_erased_payload_says_nothing() -> None:
    ledger = Ledger()
    entries = ledger.append(*[PASSED] * 5)
    ledger.store.replace(changed(entries[3], b""))

    assert ledger.scores.score(subject(), PECTA, AT).entries == 4


def test_what_is_kept_in_memory_is_bounded_and_what_was_let_go_comes_back() -> None:
    ledger = Ledger(limit=3)
    agents = [f"agent {number}" for number in range(10)]
    entries = ledger.append(*[PASSED] * 20, agents=agents)
    ledger.scores.take(entries, PECTA)
    more = ledger.append(*[PASSED] * 10, agents=agents)

    assert ledger.scores.take(more[-3:], PECTA)
    assert not ledger.scores.take(more[:1], PECTA)
    assert [score.values["evaluations"] for score in ledger.answer(more, PECTA)] == [3] * 10


def test_entries_without_a_position_are_not_folded_and_their_scores_are_read() -> None:
    """On a ledger that is shared: a score names positions, and others may have committed in between."""
    ledger = Ledger(store=Store(shared=True))
    for _ in range(2):
        entries = ledger.append(PASSED, FAILED, PASSED, agents=("a", "b"))
        assert not ledger.scores.take(entries, PECTA)
    assert not ledger.store.calls

    scores = ledger.scores.as_of_each(entries, PECTA)
    assert [(score.agent, score.values["evaluations"]) for score in scores] == [("a", 3), ("b", 2), ("a", 4)]
    read = [ledger.store.entry(entry.id) for entry in entries]
    assert [score.last for score in scores] == [entry.position for entry in read if entry]
    assert ledger.answer(entries, PECTA) == [scores[2], scores[1]]

    (unread,) = ledger.append(PASSED, dialect=BY_SESSION)
    with pytest.raises(ValueError, match="was not read since its commit"):
        ledger.scores.as_of(unread, PECTA, AT)


def test_what_it_was_not_given_is_a_key_error() -> None:
    ledger = Ledger()
    entries = ledger.append(PASSED, agents=(None,))

    with pytest.raises(KeyError):
        ledger.scores.score(subject(), "other/1", AT)
    with pytest.raises(KeyError):
        ledger.scores.score(subject("other"), PECTA, AT)
    with pytest.raises(ValueError, match="names no agent"):
        ledger.scores.as_of(entries[0], PECTA, AT)
    with pytest.raises(ValueError, match="names no agent"):
        ledger.scores.as_of_each(entries, PECTA)


@each_dialect
def test_many_threads_fold_each_entry_once(dialect: str) -> None:
    ledger = Ledger()
    requests = [ledger.append(PASSED, FAILED, PASSED, dialect=dialect) for _ in range(60)]
    failures: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    def take(share: int) -> None:
        for entries in requests[share::3]:
            ledger.scores.take(entries, "beta/1")
            ledger.answer(entries, "beta/1")
            ledger.scores.score(subject(dialect), "beta/1", AT)

    threads = [threading.Thread(target=run, args=(lambda share=share: take(share),)) for share in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    score = ledger.scores.score(subject(dialect), "beta/1", AT)
    assert score.entries == 180
    assert score == ledger.scores.recompute(subject(dialect), "beta/1", AT)
