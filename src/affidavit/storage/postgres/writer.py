"""The commit's path: one connection, one thread, and what to do when the database does not answer.

Five round trips a commit, however many entries:

 1. limits    the transaction begins
 2. lock      the batch's chains, in order: nobody moves them from here on
    compare   where they are not what the batch was built on, it is built anew, on what they are
 3. move      heads, arrivals, requests
 4. copy      the entries
 5. commit

Whoever loses the connection in 5 does not know. Then the same batch is tried again: step 2 waits until no commit of it
is under way any more, and under that lock an entry's id tells whether it was committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import psycopg
from msgspec.structs import astuple
from psycopg import errors

from affidavit.core.entry import Entry
from affidavit.errors import HeadMoved, StoreFailed
from affidavit.ledger.copies import other_history
from affidavit.ledger.repeats import REMEMBERED
from affidavit.ledger.store import Batch, Rebuild, Repeat
from affidavit.storage.postgres.arrivals import arrival
from affidavit.storage.postgres.connecting import Connection, connect
from affidavit.storage.postgres.erasing import chains_of, erase
from affidavit.storage.postgres.failures import PASSING, told, translated
from affidavit.storage.postgres.heads import Heads, Locked, locked
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.writes import LIMITS

PATIENCE_SECONDS: Final = 30.0
"""How long a commit goes on to try, while the database is away: a failover takes less."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
FORGOTTEN_AT_ONCE: Final = 1_000
"""Requests of more than a day ago that one commit forgets: more than it can bring."""

_COLUMNS = (
    "bytea", "int8", "int8", "bytea", "text", "text", "bytea", "bytea", "bytea", "bytea", "bytea",
    "int8", "text", "text", "text", "text", "int8",
)  # fmt: skip
_sql = statements("append.sql")


class Writer:
    """Appends. Not for several threads; any number of processes."""

    def __init__(self, url: str, heads: Heads, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url
        self._heads = heads
        self._sleep = sleep
        self._connection: Connection | None = None
        self._in_doubt: Batch | None = None

    def append(self, batch: Batch, rebuild: Rebuild | None) -> None:
        """All or nothing, durable on return.

        Raises HeadMoved (with `rebuild` only where a request was recorded meanwhile), OtherHistory where a chain is not
        what it was, ChainHeld, StoreFailed.
        """
        until, pause = time.monotonic() + PATIENCE_SECONDS, _FIRST_PAUSE
        self._in_doubt = None
        while True:
            with translated("writing entries"):
                try:
                    return self._commit(batch, rebuild)
                except psycopg.Error as error:
                    if isinstance(error, errors.LockNotAvailable):
                        self._end_paused()
                    self.close()
                    if not _passes(error) or time.monotonic() >= until:
                        if self._in_doubt is None:
                            raise
                        raise StoreFailed(_unknown(told(error))) from error
                except BaseException:
                    self._roll_back()
                    raise
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _commit(self, batch: Batch, rebuild: Rebuild | None) -> None:
        connection = self._connected()
        others = chains_of(connection, batch.effect)
        with connection.pipeline():
            connection.execute(_sql["begin"])
            connection.execute(_sql["limits"], LIMITS)
            asked = self._heads.ask(connection, batch.chains, others)
        chains = locked(asked)
        if self._in_doubt is not None and _is_committed(connection, self._in_doubt):
            connection.execute(_sql["flush"])
        else:
            self._in_doubt = None
            moved = _moved(batch, chains)
            if moved and rebuild is None:
                raise HeadMoved(f"{moved} of {len(batch.chains)} chains are not where the batch was built on")
            _refuse_other(batch, chains)
            if moved and rebuild is not None:
                batch = rebuild(chains.heads)
            self._write(connection, batch, chains, rebuilt=moved > 0)
            self._in_doubt = batch
        connection.execute(_sql["commit"])

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = connect(self._url)
        return self._connection

    def _write(self, connection: Connection, batch: Batch, chains: Locked, *, rebuilt: bool) -> None:
        updates = [update for update in batch.chains if rebuilt or update.chain not in chains.opened]
        with connection.pipeline():
            self._heads.move(connection, updates)
            self._heads.restore_keys(connection, batch.chains, chains)
            if batch.entries:
                connection.execute(_sql["add_arrival"], arrival(batch.entries))
            remembering = connection.execute(_sql["remember"], _requests(batch)) if batch.repeats else None
            if remembering:
                since = batch.repeats[0].at - REMEMBERED
                connection.execute(_sql["forget"], {"since": since, "limit": FORGOTTEN_AT_ONCE})
        if remembering and remembering.rowcount < len(batch.repeats):
            raise HeadMoved("another server recorded a request of this batch meanwhile")
        if batch.entries:
            copy_entries(connection, batch.entries)
        if batch.effect is not None:
            erase(connection, batch.effect, batch.entries[0])

    def _end_paused(self) -> None:
        """Who keeps a chain from us for so long may stand still. What it had not committed it begins again, awake."""
        self._roll_back()
        with suppress(psycopg.Error):
            self._connected().execute(_sql["end_paused"], LIMITS)

    def _roll_back(self) -> None:
        """What was refused leaves a connection that can be used again; what cannot be rolled back is let go of."""
        if self._connection is not None:
            try:
                self._connection.execute(_sql["rollback"])
            except psycopg.Error:
                self.close()

    def close(self) -> None:
        """Let go of the connection. The next append makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()


def _passes(error: psycopg.Error) -> bool:
    """Whether to try again is of use. What is full does not become empty by itself."""
    return isinstance(error, PASSING) and not isinstance(error, errors.DiskFull | errors.OutOfMemory)


def _moved(batch: Batch, chains: Locked) -> int:
    """How many chains are not where the batch was built on."""
    return sum(chains.seq(update.chain) != update.expected_seq for update in batch.chains)


def _refuse_other(batch: Batch, chains: Locked) -> None:
    """Raises OtherHistory where a chain has less entries than it had, or another last one.

    Chains only grow, but for those of a backup, or of a standby that was promoted without the last of them.
    """
    followed = {entry.chain: entry.prev for entry in reversed(batch.entries)}
    for update in batch.chains:
        chain, seq, head = update.chain, chains.seq(update.chain), chains.heads.get(update.chain)
        is_another = head is not None and seq == update.expected_seq and head.hash != followed[chain]
        if seq < update.expected_seq or is_another:
            raise other_history(f"the last entries of chain {chain.hex()} are not those that were there before")


def _is_committed(connection: Connection, batch: Batch) -> bool:
    """Whether a batch is there whose chains are locked. One of nothing is, whatever became of it."""
    if not batch.entries:
        return True
    first = batch.entries[0]
    values = {"chain": first.chain, "seq": first.seq, "id": first.id}
    found = connection.execute(_sql["is_committed"], values).fetchone()
    return found is not None and bool(found[0])


def copy_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Inside a transaction. Positions are the tables' that give them."""
    with connection.cursor() as cursor, cursor.copy(_sql["copy_entries"]) as copy:
        copy.set_types(_COLUMNS)
        for entry in entries:
            copy.write_row(astuple(entry)[1:])


def _requests(batch: Batch) -> dict[str, Any]:
    def ids(repeat: Repeat) -> bytes:
        return b"".join(entry.id for entry in batch.entries[repeat.first : repeat.first + repeat.count])

    return {
        "keys": [repeat.key for repeat in batch.repeats],
        "requests": [repeat.request for repeat in batch.repeats],
        "ids": [ids(repeat) for repeat in batch.repeats],
        "ats": [repeat.at for repeat in batch.repeats],
        "since": batch.repeats[0].at - REMEMBERED,
    }


def _unknown(why: str) -> str:
    return (
        f"the database went away in the midst of a commit, and does not say what became of it ({why}): whether the "
        "events were recorded is not known. Send again with the same Idempotency-Key, or look first"
    )
