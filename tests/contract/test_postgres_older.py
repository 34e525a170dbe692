"""A database that was brought back from a backup under a running server, or lost its last entries in a failover."""

from __future__ import annotations

import pytest

from affidavit.errors import Unavailable
from affidavit.storage.postgres import create
from tests.contract.databases import empty
from tests.contract.peers import ask, history, peers
from tests.contract.recording import ORIGIN, draft


@pytest.fixture
def url(database: str) -> str:
    """A ledger of a test's own."""
    create(database, ORIGIN)
    return database


def test_chains_that_have_become_shorter_are_not_built_upon(url: str) -> None:
    """Nor are those that are not there any more. What is recorded with them is refused as well, and others go on."""
    with peers(url, 1) as (server,):
        server.record([draft(1), draft(2)])
        back = "UPDATE affidavit.chains SET seq = 1, hash = (SELECT hash FROM affidavit.entries WHERE seq = 1)"
        ask(
            url,
            f"{back}; DELETE FROM affidavit.entries WHERE seq = 2; UPDATE affidavit.runs SET size = 1;"
            "UPDATE affidavit.ledger SET size = 1",
        )
        with pytest.raises(Unavailable, match=r"last entries of chain [0-9a-f]{32} are not those .* before"):
            server.record([draft(3), draft(3, session="other")])
        assert len(history(server)) == 1
        server.record([draft(4, session="other")])
        empty(url)
        with pytest.raises(Unavailable, match="are not those that were there before"):
            server.record([draft(5, session="other")])
        assert history(server) == []


def test_an_entry_that_took_the_place_of_one_that_was_lost_is_not_built_upon(url: str) -> None:
    """By a server that had seen the one that was lost: the chain's links would not hold for ever after."""
    with peers(url, 2) as (first, second):
        first.record([draft(1)])
        first.record([draft(2)])
        ask(
            url,
            "UPDATE affidavit.chains SET seq = 1, hash = (SELECT hash FROM affidavit.entries WHERE seq = 1);"
            "DELETE FROM affidavit.entries WHERE seq = 2; DELETE FROM affidavit.runs WHERE first = 2;"
            "UPDATE affidavit.ledger SET size = 1",
        )
        second.record([draft(3)])
        with pytest.raises(Unavailable, match=r"last entries of chain [0-9a-f]{32} are not those .* before"):
            first.record([draft(4)])
        assert len(history(second)) == 2
