"""The lease of whoever seals: one at a time, and an older one that wakes up can do no harm."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from affidavit.errors import CheckpointMoved, StoreFailed
from affidavit.storage.postgres import create, writes
from tests.contract.peers import Peer, ask, peers
from tests.contract.recording import ORIGIN, draft
from tests.contract.test_sealing import checkpoint

EXPIRED = "UPDATE affidavit.sealer SET until = clock_timestamp() - interval '1 ms'"


@pytest.fixture
def url(database: str) -> str:
    """A ledger of a test's own."""
    create(database, ORIGIN)
    return database


@pytest.fixture
def both(url: str) -> Iterator[list[Peer]]:
    """Two servers of a ledger with nine entries."""
    with peers(url, 2) as opened:
        opened[0].record([draft(number) for number in range(9)])
        yield opened


def epoch(url: str) -> object:
    """How often the lease was taken over."""
    return ask(url, "SELECT epoch FROM affidavit.sealer")[0][0]


def test_one_leads_until_its_time_is_over(both: list[Peer], url: str) -> None:
    first, second = (peer.store for peer in both)
    assert [first.lead(), second.lead(), first.lead(), second.lead()] == [True, False, True, False]
    assert epoch(url) == 1
    ask(url, EXPIRED)
    assert first.lead(), "nobody has taken over"
    assert epoch(url) == 1
    ask(url, EXPIRED)
    assert [second.lead(), first.lead()] == [True, False]
    assert epoch(url) == 2


def test_who_was_asleep_seals_nothing(both: list[Peer], url: str) -> None:
    """Whether the other has sealed by then or not; nor does it when it led before, and leads again later."""
    first, second = (peer.store for peer in both)
    assert first.lead()
    first.seal(0, checkpoint(2), {(1, 0): b"a" * 32})
    ask(url, EXPIRED)
    assert second.lead()
    with pytest.raises(CheckpointMoved, match="another server seals"):
        first.seal(2, checkpoint(3), {(1, 0): b"b" * 32})
    second.seal(2, checkpoint(4), {})
    with pytest.raises(CheckpointMoved, match="another server seals"):
        first.seal(4, checkpoint(5), {(1, 0): b"b" * 32})
    assert first.lead() is False
    with pytest.raises(CheckpointMoved, match="another server seals"):
        first.seal(4, checkpoint(5), {(1, 0): b"b" * 32})
    assert [one.size for one in first.checkpoints(0, 10)] == [2, 4]
    assert first.tile(1, 0) == b"a" * 32
    ask(url, EXPIRED)
    assert first.lead()
    first.seal(4, checkpoint(5), {})
    assert epoch(url) == 3


def test_who_seals_without_having_asked_asks(both: list[Peer]) -> None:
    first, second = (peer.store for peer in both)
    first.seal(0, checkpoint(2), {})
    with pytest.raises(CheckpointMoved, match="another server seals"):
        second.seal(2, checkpoint(3), {})


def test_who_ends_lets_another_seal_at_once(url: str) -> None:
    with peers(url, 1) as (second,):
        with peers(url, 1) as (first,):
            first.record([draft(1)])
            assert first.store.lead()
            assert not second.store.lead()
        assert second.store.lead()
        second.store.seal(0, checkpoint(1), {})
        with peers(url, 1):
            pass
        assert second.store.lead(), "one that did not lead has nothing to let go of"
        assert epoch(url) == 2


def test_a_clock_that_goes_back_keeps_nobody_from_the_lease(both: list[Peer], url: str) -> None:
    """After a failover to a machine whose clock is behind, too."""
    first, second = (peer.store for peer in both)
    assert first.lead()
    ask(url, "UPDATE affidavit.sealer SET until = until + interval '1 hour'")
    assert [second.lead(), first.lead()] == [True, False]
    with pytest.raises(CheckpointMoved, match="another server seals"):
        first.seal(0, checkpoint(2), {})


def test_a_seal_that_has_begun_is_ended_before_another_leads(both: list[Peer], url: str) -> None:
    """From the moment that it was found to lead, whatever its lease says."""
    with psycopg.connect(url, autocommit=True) as slow, ThreadPoolExecutor(1) as thread:
        with slow.transaction():
            slow.execute("SELECT FROM affidavit.sealer FOR UPDATE")
            leads = thread.submit(both[1].store.lead)
            waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%sealer%'"
            while ask(url, waits) == [(0,)]:
                assert not leads.done()
            slow.execute("UPDATE affidavit.sealer SET holder = 'a', until = clock_timestamp() + interval '4 s'")
        assert leads.result(30) is False


def test_who_is_paused_in_the_midst_of_a_seal_gives_way(
    both: list[Peer], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could take over as long as it held the lease locked, however long that is over."""
    first, second = (peer.store for peer in both)
    monkeypatch.setattr(writes, "LIMITS", writes.LIMITS | {"idle": "300"})
    led: list[bool] = []

    class Resting(dict[tuple[int, int], bytes]):
        def __iter__(self) -> Iterator[tuple[int, int]]:
            led.append(second.lead())
            return super().__iter__()

    assert first.lead()
    ask(url, EXPIRED)
    with pytest.raises(StoreFailed, match="this server stood still"):
        first.seal(0, checkpoint(2), Resting({(1, 0): b"a" * 32}))
    assert led == [True]
    assert first.checkpoint() is None
    second.seal(0, checkpoint(3), {})
