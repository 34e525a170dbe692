"""The floor of PostgreSQL: the same rows COPYed into the same tables with the same indexes, and committed.

No HTTP, no JSON, no hashes, no locks, no positions, no texts; the rows are bytes that COPY takes as they are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

from affidavit.core.entry import Entry
from affidavit.ledger.store import ChainUpdate
from affidavit.model.query import Head
from affidavit.storage.postgres import PostgresStore, create
from affidavit.storage.postgres.arrivals import arrival
from affidavit.storage.postgres.connecting import Connection, connect
from affidavit.storage.postgres.heads import Heads
from affidavit.storage.postgres.statements import statements

_OUT = """
COPY (
    SELECT chain, seq, at, id, by, dialect, prev, hash, commitment, salt, payload,
        workspace, agent, session, type, severity, time
    FROM affidavit.entries JOIN unnest(%(chains)s::bytea[], %(seqs)s::bigint[]) WITH ORDINALITY AS a (chain, seq, place)
        USING (chain, seq)
    ORDER BY place
) TO STDOUT (FORMAT BINARY)
"""
_sql = statements("append.sql")
_heads = Heads(routed=False)


class Commit(NamedTuple):
    """What one commit writes: entries as COPY takes them, how many, where their chains stand then, what arrives."""

    rows: bytes
    size: int
    moved: list[ChainUpdate]
    arrived: dict[str, Any]


def floor(source: str, target: str, rows_a_commit: int, limit: int) -> float:
    """Rows a second. `source`: URL of the ledger whose entries are taken; `target`: of an empty database."""
    commits = list(_commits(source, rows_a_commit, limit))
    create(target, "affidavit.local/floor")
    with closing(connect(target)) as connection:
        _open(connection, commits)
        started = time.perf_counter()
        for commit in commits:
            _write(connection, commit)
        return sum(commit.size for commit in commits) / (time.perf_counter() - started)


def _commits(source: str, rows_a_commit: int, limit: int) -> Iterator[Commit]:
    store = PostgresStore.open(source, searchable={})
    with closing(store), closing(connect(source)) as connection:
        for start in range(0, limit, rows_a_commit):
            entries = store.scan(start, rows_a_commit)
            if not entries:
                return
            places = {"chains": [entry.chain for entry in entries], "seqs": [entry.seq for entry in entries]}
            with connection.cursor() as cursor, cursor.copy(_OUT, places) as copy:
                rows = b"".join(map(bytes, copy))
            yield Commit(rows, len(entries), _moved(entries), arrival(entries))


def _moved(entries: list[Entry]) -> list[ChainUpdate]:
    last = {entry.chain: entry for entry in entries}
    return [
        ChainUpdate(entry.chain, entry.workspace, entry.dialect, "", 0, Head(entry.seq, entry.hash, entry.at))
        for entry in last.values()
    ]


def _open(connection: Connection, commits: list[Commit]) -> None:
    """Every chain is there before the clock runs: what is measured moves them."""
    chains = {update.chain: update for commit in commits for update in commit.moved}
    connection.execute(_sql["begin"])
    with connection.pipeline():
        _heads.ask(connection, list(chains.values()), frozenset())
    connection.execute(_sql["commit"])


def _write(connection: Connection, commit: Commit) -> None:
    with connection.pipeline():
        connection.execute(_sql["begin"])
        _heads.move(connection, commit.moved)
        connection.execute(_sql["add_arrival"], commit.arrived)
    with connection.cursor() as cursor, cursor.copy(_sql["copy_entries"]) as copy:
        copy.write(commit.rows)
    connection.execute(_sql["commit"])
