"""Erasing: inside the transaction that appends the entry which says so, and afterwards."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import Any

import psycopg

from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.errors import ChainHeld, StoreFailed
from affidavit.model.draft import Effect
from affidavit.storage.postgres.connecting import Connection
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.writes import Writes

_sql = statements("erase.sql")


def chains_of(connection: Connection, effect: Effect | None) -> frozenset[bytes]:
    """The chains that an effect changes besides those of its commit."""
    if effect is None or not effect.erase:
        return frozenset()
    rows = connection.execute(_sql["chains"], {"ids": list(effect.erase)}, binary=True)
    return frozenset(chain for (chain,) in rows)


def erase(connection: Connection, effect: Effect, said: Entry) -> None:
    """Do what the entry `said` says, within its transaction, which has the chains locked.

    Raises ChainHeld, and StoreFailed for an entry that is not there or is erased already.
    """
    if effect.hold:
        connection.execute(_sql["hold"], {"chains": list(effect.hold), "by": said.id})
    if effect.release:
        connection.execute(_sql["release"], {"chains": list(effect.release)})
    if not effect.erase:
        return
    ids: dict[str, Any] = {"ids": list(effect.erase)}
    held = connection.execute(_sql["held"], ids).fetchone()
    if held is not None:
        raise _held(*held)
    erased = connection.execute(_sql["erase"], ids).fetchall()
    if len(erased) != len(effect.erase):
        raise StoreFailed("an entry that is to be erased is not there, or was erased meanwhile")
    counts = Counter(chain for chain, _ in erased)
    with connection.pipeline():
        connection.execute(
            _sql["erasing"], {"chains": [chain for chain, _ in erased], "seqs": [seq for _, seq in erased]}
        )
        connection.execute(_sql["count_erased"], {"chains": list(counts), "counts": list(counts.values())})
        connection.execute(_sql["erase_requests"], ids)


def clean(writes: Writes) -> int:
    """Take what was erased out of texts, and off the pages of tables. Returns of how many entries some may be left."""
    left, now = writes.run("looking for what was erased", _sql["left"], {})[0]
    if not left:
        return 0
    writes.run("cleaning texts", _sql["clean_texts"], {})
    with suppress(psycopg.errors.InsufficientPrivilege):
        writes.run("vacuuming", _sql["vacuum"], {})
    vacuumed: datetime | None = writes.run("looking for what was erased", _sql["vacuumed"], {})[0][0]
    if vacuumed is not None:
        writes.run("cleaning", _sql["cleaned"], {"at": min(vacuumed, now)})
    return int(writes.run("looking for what was erased", _sql["left"], {})[0][0])


def _held(identity: bytes, chain: bytes, by: bytes) -> ChainHeld:
    return ChainHeld(
        f"entry {uuid_text(identity)} belongs to chain {chain.hex()}, under legal hold by the entry {uuid_text(by)} "
        f"(`affidavit show {uuid_text(by)}`): nothing was erased. Release the chain first, or leave the entry out"
    )
