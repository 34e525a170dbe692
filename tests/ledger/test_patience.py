"""Patience: who reads on somebody's behalf stops when nobody waits any more, and what was found is not lost."""

from __future__ import annotations

import pytest

from affidavit.core.entry import Entry
from affidavit.errors import ReadEnded
from affidavit.ledger.patience import Patience, stopped_by
from affidavit.ledger.reader import BLOCK_ENTRIES, Reader, VerifiedChains
from tests.ledger.scoring import ALICE, AT, BY_AGENT, BY_SESSION, PASSED, Ledger, Store, subject

ORIGIN = "test.example/scores"


def test_a_stop_is_called_when_it_ends_and_not_after_the_read() -> None:
    patience, stops = Patience(), []

    def read() -> str:
        with stopped_by(lambda: stops.append("before")):
            pass
        with stopped_by(lambda: stops.append("during")):
            patience.end()
        return "read"

    assert patience.read(read) == "read"
    patience.end()
    assert stops == ["during"]


def test_nothing_is_begun_once_it_has_ended() -> None:
    patience = Patience()
    patience.end()

    def read() -> None:
        with stopped_by(pytest.fail):
            pytest.fail("begun")

    with pytest.raises(ReadEnded):
        patience.read(read)


def test_who_reads_for_nobody_in_particular_is_never_stopped() -> None:
    patience = Patience()
    patience.end()
    with pytest.raises(ReadEnded):
        patience.read(lambda: stopped_by(pytest.fail).__enter__())
    with stopped_by(pytest.fail):
        pass


class Impatient(Store):
    """Reads so many blocks, and no more until it is told."""

    blocks: int | None = None

    def _note(self, entries: list[Entry]) -> list[Entry]:
        if self.blocks is not None:
            if not self.blocks:
                raise ReadEnded("nobody waits")
            self.blocks -= 1
        return super()._note(entries)


def impatient(entries: int, dialect: str) -> tuple[Ledger, Impatient]:
    """A ledger with so many entries of one agent in one chain."""
    store = Impatient()
    ledger = Ledger(store=store)
    ledger.append(*[PASSED] * entries, dialect=dialect)
    return ledger, store


@pytest.mark.parametrize("dialect", [BY_AGENT, BY_SESSION])
def test_a_score_that_was_not_ready_goes_on_where_it_stopped(dialect: str) -> None:
    ledger, store = impatient(5 * BLOCK_ENTRIES, dialect)
    store.blocks = 3
    scores = ledger.fresh_scores()
    with pytest.raises(ReadEnded):
        scores.score(subject(dialect), "beta/1", AT)
    store.blocks = None
    assert scores.score(subject(dialect), "beta/1", AT).entries == 5 * BLOCK_ENTRIES
    assert store.read == list(range(5 * BLOCK_ENTRIES))


def test_a_chain_that_was_not_verified_to_its_end_is_verified_from_there() -> None:
    _, store = impatient(5 * BLOCK_ENTRIES, BY_AGENT)
    reader = Reader(store, ALICE, VerifiedChains(ORIGIN))
    store.blocks = 3
    with pytest.raises(ReadEnded):
        reader.verify_chains(BY_AGENT)
    store.blocks = None
    ((_, report),) = reader.verify_chains(BY_AGENT)
    assert (report.valid, report.entries) == (True, 5 * BLOCK_ENTRIES)
    assert store.read == list(range(5 * BLOCK_ENTRIES))
