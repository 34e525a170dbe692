"""Rate limits, with a clock that the test turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.access import rates
from affidavit.access.rates import Rates
from affidavit.settings import Settings


class Clock:
    """Seconds since 1970, as the test says."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_full_bucket_is_emptied_and_refills_evenly(clock: Clock) -> None:
    limits = Rates(60, clock)
    left = [limits.take("key_a") for _ in range(60)]
    assert [rate.remaining for rate in left if rate] == list(range(59, -1, -1))
    refused = limits.take("key_a")
    assert refused is not None
    assert (refused.remaining, refused.retry_after) == (0, 1)
    clock.now += 1.0
    rate = limits.take("key_a")
    assert rate is not None
    assert (rate.limit, rate.remaining, rate.reset) == (60, 0, clock.now + 60.0)


def test_one_key_does_not_use_up_anothers(clock: Clock) -> None:
    limits = Rates(1, clock)
    limits.take("key_a")
    other = limits.take("key_b")
    assert other is not None
    assert other.retry_after == 0
    refused = limits.take("key_a")
    assert refused is not None
    assert refused.retry_after == 60


def test_the_wait_that_is_told_is_long_enough(clock: Clock) -> None:
    limits = Rates(7, clock)
    for _ in range(7):
        limits.take("key_a")
    refused = limits.take("key_a")
    assert refused is not None
    clock.now += refused.retry_after
    passed = limits.take("key_a")
    assert passed is not None
    assert passed.retry_after == 0


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing(clock: Clock) -> None:
    limits = Rates(2, clock)
    limits.take("key_a")
    clock.now -= 3600
    rate = limits.take("key_a")
    assert rate is not None
    assert rate.remaining == 0


def test_one_key_may_send_by_default_what_a_server_takes(clock: Clock) -> None:
    """10,000 single events a second (docs/benchmarks.md) and a fifth more, for as long as it likes."""
    limits = Rates(Settings().rate_per_minute, clock)
    for _ in range(60_000):
        clock.now += 2 / 12_000
        last = [limits.take("key_a") for _ in range(2)][-1]
    assert last is not None
    assert last.remaining >= last.limit - 2


def test_whether_a_bucket_is_used_up_is_asked_without_taking_from_it(clock: Clock) -> None:
    limits = Rates(2, clock)
    told = []
    for _ in range(3):
        told += [limits.is_used_up("key_a"), limits.is_used_up("key_a")]
        limits.take("key_a")
    assert told == [False] * 4 + [True] * 2
    clock.now += 30.0
    assert not limits.is_used_up("key_a")
    assert not Rates(0, clock).is_used_up("key_a")


def test_without_a_limit_nothing_is_counted(clock: Clock) -> None:
    limits = Rates(0, clock)
    assert all(limits.take("key_a") is None for _ in range(10_000))


def test_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_BUCKETS", 10)
    limits = Rates(1, clock)
    for number in range(25):
        limits.take(f"key_{number}")
    rate = limits.take("key_0")
    assert rate is not None
    assert rate.retry_after == 0, "forgotten, so full again"


@given(st.lists(st.floats(0, 5), max_size=200), st.integers(1, 50))
def test_no_window_lets_more_through_than_the_bucket_and_its_refill(pauses: list[float], limit: int) -> None:
    clock = Clock()
    limits, started, passed = Rates(limit, clock), clock.now, 0
    for pause in pauses:
        clock.now += pause
        rate = limits.take("key_a")
        passed += rate is not None and rate.retry_after == 0
    assert passed <= limit + (clock.now - started) * limit / rates.WINDOW_SECONDS + 1e-6
