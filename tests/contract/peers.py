"""Servers of one ledger in PostgreSQL, as far as a store sees them: each a store and a sequencer of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from itertools import pairwise

import psycopg

from affidavit.core.entry import Entry
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Once, Submission
from affidavit.storage.postgres import PostgresStore
from tests.contract.recording import AT, ORIGIN, SEARCHABLE, Recording, draft

CONNECTIONS = 2


class Peer(Recording):
    """One of them. Its ids and salts are nobody else's."""

    def __init__(self, store: PostgresStore) -> None:
        super().__init__(store)
        self.sequencer = Sequencer(store, ORIGIN, entropy=os.urandom)


@contextmanager
def peers(url: str, count: int) -> Iterator[list[Peer]]:
    """So many, on the ledger of a database."""
    with ExitStack() as opened:
        stores = [PostgresStore.open(url, searchable=SEARCHABLE, connections=CONNECTIONS) for _ in range(count)]
        yield [Peer(opened.enter_context(closing(store))) for store in stores]


def once(server: Peer, key: int, *, payload: int = 0) -> list[Entry]:
    """A request with an Idempotency-Key. What it is answered with."""
    ticket: Future[list[Entry]] = Future()
    names = Once(key.to_bytes(32, "big"), payload.to_bytes(32, "big"))
    drafts = [draft(payload), draft(payload, session="other")]
    server.sequencer.submit(Submission(server.workspace, "agentlens", "key_1", AT, drafts, names), ticket)
    server.sequencer.turn()
    return ticket.result(0)


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    """What the database itself says, or is told, past every store."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def history(peer: Peer) -> list[Entry]:
    """Every entry, by position; no position is missing, no id is there twice, no chain has a gap, a fork or another
    order than its own.
    """
    entries = peer.store.scan(0, 1 << 20)
    assert [entry.position for entry in entries] == list(range(peer.store.size()))
    assert len({entry.id for entry in entries}) == len(entries)
    for chain in {entry.chain for entry in entries}:
        own = [entry for entry in entries if entry.chain == chain]
        assert [entry.seq for entry in own] == list(range(1, len(own) + 1))
        assert all(after.prev == before.hash for before, after in pairwise(own))
    assert list(peer.store.audit()) == []
    return entries


def by_id(entries: Iterable[Entry]) -> dict[bytes, Entry]:
    """To be compared, in whatever order they come."""
    return {entry.id: entry for entry in entries}
