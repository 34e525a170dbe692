"""Shares of a budget: one request of a caller may have all, several at once as much as is left for others."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.errors import Unavailable
from affidavit.server.limits import Budget, Share

LIMIT = 1024


@pytest.fixture
def budget() -> Budget:
    return Budget(LIMIT, "too much")


def greedy(budget: Budget, holder: str, size: int) -> int:
    """Bytes that one caller gets with as many requests as it can, each of this size."""
    held = 0
    while True:
        try:
            Share(budget, holder).take(size)
        except Unavailable:
            return held
        held += size


def test_alone_a_request_may_have_all_and_more_if_it_comes_at_once(budget: Budget) -> None:
    share = Share(budget, "a")
    for _ in range(LIMIT):
        share.take(1)
    with pytest.raises(Unavailable, match="too much: send again"):
        share.take(1)
    share.release()
    share.take(3 * LIMIT)


def test_no_caller_has_more_than_it_leaves(budget: Budget) -> None:
    assert [greedy(budget, holder, 1) for holder in "abcdef"] == [512, 256, 128, 64, 32, 16]
    with pytest.raises(Unavailable, match="too much from one caller: send again when some of yours"):
        Share(budget, "a").take(1)


def test_what_is_given_back_may_be_had_again(budget: Budget) -> None:
    first, second = Share(budget, "a"), Share(budget, "a")
    first.take(LIMIT // 2)
    with pytest.raises(Unavailable):
        second.take(1)
    first.release()
    second.take(1)
    assert greedy(budget, "a", 1) == LIMIT // 2 - 1


def test_what_takes_nothing_more_is_not_refused(budget: Budget) -> None:
    """The end of a body, when others of the same caller have come meanwhile."""
    first, second = Share(budget, "a"), Share(budget, "a")
    first.take(LIMIT // 2)
    second.hold(LIMIT)
    first.take(0)
    for share in (first, second):
        share.release()
    assert greedy(budget, "b", 1) == LIMIT // 2


def test_what_is_held_counts(budget: Budget) -> None:
    Share(budget, "a").hold(LIMIT)
    for holder in "ab":
        with pytest.raises(Unavailable):
            Share(budget, holder).take(1)


def test_a_key_alone_with_large_batches_does_not_meet_it_at_default_settings() -> None:
    budget = Budget(128 << 20, "too much")
    assert greedy(budget, "busy", 1 << 20) == 64 << 20
    assert greedy(budget, "other", 1 << 20) == 32 << 20


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 300), st.booleans()), max_size=60))
def test_nobody_is_remembered_who_has_nothing(steps: list[tuple[str, int, bool]]) -> None:
    budget = Budget(LIMIT, "too much")
    shares = []
    for holder, size, keeps in steps:
        share = Share(budget, holder)
        with suppress(Unavailable):
            share.take(size)
        if keeps:
            shares.append(share)
        else:
            share.release()
    for share in shares:
        share.release()
        share.release()
    assert (budget._used, budget._held) == (0, {})
