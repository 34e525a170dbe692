"""The audit of what text searches look through: of a chain in many texts, each entry has one that can have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from affidavit.storage.postgres import PostgresStore, create
from affidavit.storage.postgres.indexer import TEXT_ENTRIES
from tests.contract.peers import ask
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft, index_fully

SECOND = "WHERE first = (SELECT first FROM affidavit.texts ORDER BY first OFFSET 1 LIMIT 1)"
WHICH = f"SELECT generate_series(first, first + size - 1) - 1 FROM affidavit.texts {SECOND}"
"""The positions of the entries that the second text has: there is one chain, which begins at position 0."""


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    """With a chain that several texts have."""
    create(database, ORIGIN)
    with closing(PostgresStore.open(database, searchable=SEARCHABLE)) as store:
        Recording(store).record([draft(f"event {number},") for number in range(3 * TEXT_ENTRIES)])
        index_fully(store)
        assert list(store.audit()) == []
        yield store


def test_a_text_that_is_gone(store: PostgresStore, database: str) -> None:
    gone = [position for (position,) in ask(database, WHICH)]
    ask(database, f"DELETE FROM affidavit.texts {SECOND}")
    assert [position for position, _ in store.audit()] == gone


def test_one_that_ends_too_early(store: PostgresStore, database: str) -> None:
    gone = [position for (position,) in ask(database, WHICH)]
    ask(database, f"UPDATE affidavit.texts SET size = size - 3 {SECOND}")
    assert [position for position, _ in store.audit()] == gone[-3:]


def test_one_without_an_entry(store: PostgresStore, database: str) -> None:
    ask(database, "UPDATE affidavit.texts SET text = replace(text, 'event 100,', '')")
    assert [position for position, _ in store.audit()] == [100]
