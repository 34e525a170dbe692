"""Erasing: inside the transaction that appends the entry which says so, and afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.errors import ChainHeld, StoreFailed
from affidavit.model.draft import Effect
from affidavit.storage.postgres.connecting import Connection
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.writes import Writes

_LOOKING: Final = "looking for what was erased"
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
    erased = empty(connection, effect.erase)
    if len(erased) != len(effect.erase):
        raise StoreFailed("an entry that is to be erased is not there, or was erased meanwhile")
    counts = Counter(erased)
    with connection.pipeline():
        connection.execute(_sql["count_erased"], {"chains": list(counts), "counts": list(counts.values())})
        connection.execute(_sql["erase_requests"], ids)


def empty(connection: Connection, identities: Sequence[bytes]) -> list[bytes]:
    """Empty entries, and note that copies are to be destroyed. Returns the chain of each that was not empty before."""
    erased = connection.execute(_sql["erase"], {"ids": list(identities)}).fetchall()
    chains = [chain for chain, _ in erased]
    connection.execute(_sql["erasing"], {"chains": chains, "seqs": [seq for _, seq in erased]})
    return chains


def clean(writes: Writes) -> int:
    """Take what was erased out of texts, and off the pages of tables. Returns of how many entries some may be left.

    An older version of a row goes when nobody can see it any more, with a vacuum that begins then: ours, where this
    role may vacuum, or one of others, which is known by there having been two.
    """
    if not _left(writes):
        return 0
    with writes.transaction("cleaning texts") as connection:
        row = connection.execute(_sql["lock_texts"]).fetchone()
        number = {"xid": row[0] if row else None}
        connection.execute(_sql["take_erased"], number)
        connection.execute(_sql["clean_texts"], number)
    oldest, following = writes.run(_LOOKING, _sql["horizon"], {})[0]
    seen = {"oldest": oldest, "next": following}
    if not may_vacuum(writes):
        writes.run(_LOOKING, _sql["count_vacuums"], seen)
        writes.run(_LOOKING, _sql["vacuumed_by_others"], {})
    elif writes.run(_LOOKING, _sql["ripe"], seen)[0][0]:
        writes.run("vacuuming", _sql["vacuum"], {})
        writes.run(_LOOKING, _sql["vacuumed"], seen)
    return _left(writes)


def may_vacuum(writes: Writes) -> bool:
    """Whether this role can have what was erased taken off the pages of tables at once."""
    return bool(writes.run("asking who may vacuum", _sql["may_vacuum"], {})[0][0])


def _left(writes: Writes) -> int:
    return int(writes.run(_LOOKING, _sql["left"], {})[0][0])


def _held(identity: bytes, chain: bytes, by: bytes) -> ChainHeld:
    return ChainHeld(
        f"entry {uuid_text(identity)} belongs to chain {chain.hex()}, under legal hold by the entry {uuid_text(by)} "
        f"(`affidavit show {uuid_text(by)}`): nothing was erased. Release the chain first, or leave the entry out"
    )
