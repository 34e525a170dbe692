"""Chains, locked for one commit: where they stand, and where they will.

In PostgreSQL one statement does it for all of them. A database that is distributed by chains (Citus) takes statements
about one chain each, many in one round trip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

import psycopg

from affidavit.ledger.store import ChainUpdate
from affidavit.model.query import Head
from affidavit.storage.postgres.connecting import Connection
from affidavit.storage.postgres.statements import statements

_sql = statements("append.sql")


class Locked(NamedTuple):
    """The chains of a batch until the transaction ends.

    heads     of those that were there before
    opened    those that this transaction has inserted, with the heads that they are to have
    nameless  those that have lost their keys
    """

    heads: Mapping[bytes, Head]
    opened: frozenset[bytes]
    nameless: frozenset[bytes]

    def seq(self, chain: bytes) -> int:
        """Where a chain stood before the transaction; -1 where it is said to be, and is not."""
        if chain in self.opened:
            return 0
        return self.heads[chain].seq if chain in self.heads else -1


Cursors = list[psycopg.Cursor[tuple[Any, ...]]]
Asked = tuple[Cursors, Cursors]
"""What was asked in a pipeline; `locked` takes the answers behind it."""


def locked(asked: Asked) -> Locked:
    """What `Heads.ask` got."""
    opening, locking = asked
    opened = frozenset(chain for cursor in opening for (chain,) in cursor.fetchall())
    rows = [row for cursor in locking for row in cursor.fetchall()]
    return Locked(
        {chain: Head(seq, digest, at) for chain, seq, digest, at, _ in rows if chain not in opened},
        opened,
        frozenset(chain for chain, *_, nameless in rows if nameless and chain not in opened),
    )


class Heads:
    """`routed`: a statement for each chain."""

    def __init__(self, *, routed: bool) -> None:
        self._routed = routed

    def ask(self, connection: Connection, updates: Sequence[ChainUpdate], others: Set[bytes]) -> Asked:
        """Open those that are new and lock all of them, and the others, in order. Inside a pipeline."""
        chains = sorted({*(update.chain for update in updates), *others})
        new = [update for update in updates if not update.expected_seq]
        opening = [connection.execute(_sql["open_chains"], _opened(new), binary=True)] if new else []
        if self._routed:
            locking = [connection.execute(_sql["lock_chain"], {"chain": chain}, binary=True) for chain in chains]
        else:
            locking = [connection.execute(_sql["lock_chains"], {"chains": chains}, binary=True)]
        return opening, locking

    def move(self, connection: Connection, updates: Sequence[ChainUpdate]) -> None:
        """Put heads in their places. Inside a pipeline."""
        if self._routed:
            for update in sorted(updates, key=lambda update: update.chain):
                connection.execute(_sql["move_head"], {"chain": update.chain, **_head(update.head)})
        elif updates:
            connection.execute(_sql["move_heads"], _moved(updates))

    def restore_keys(self, connection: Connection, updates: Sequence[ChainUpdate], locked: Locked) -> None:
        """A chain that goes on has its key again. Inside a pipeline."""
        for update in updates:
            if update.chain in locked.nameless:
                connection.execute(_sql["restore_key"], {"chain": update.chain, "key": update.key})


def _head(head: Head) -> dict[str, Any]:
    return {"seq": head.seq, "hash": head.hash, "at": head.at}


def _moved(updates: Sequence[ChainUpdate]) -> dict[str, list[Any]]:
    return {
        "chains": [update.chain for update in updates],
        "seqs": [update.head.seq for update in updates],
        "hashes": [update.head.hash for update in updates],
        "ats": [update.head.at for update in updates],
    }


def _opened(updates: Sequence[ChainUpdate]) -> dict[str, list[Any]]:
    return _moved(updates) | {
        "workspaces": [update.workspace for update in updates],
        "dialects": [update.dialect for update in updates],
        "keys": [update.key for update in updates],
    }
