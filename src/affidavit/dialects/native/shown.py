"""Entries, chains and scores as JSON. Hashes and salts are hex, times ISO 8601 in UTC with all their microseconds."""

from __future__ import annotations

from typing import Any

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.core.ids import ulid_text, uuid_text
from affidavit.errors import InvalidBody, PayloadChanged
from affidavit.model.query import Chain
from affidavit.model.score import Score


def entry_json(entry: Entry) -> bytes:
    """Everything that a hash of the entry is made of, and what the ledger says of it.

    The payload's bytes stand in it as they were hashed. An erased entry has no payload and no salt, and says so.
    Raises PayloadChanged where they are no canonical JSON.
    """
    members = {
        "id": uuid_text(entry.id),
        "ulid": ulid_text(entry.id),
        "position": entry.position,
        "dialect": entry.dialect,
        "chain": entry.chain.hex(),
        "seq": entry.seq,
        "at": instants.micros_text(entry.at),
        "by": entry.by,
        "header": entry.header.decode("ascii"),
        "hash": entry.hash.hex(),
        "prev": entry.prev.hex(),
        "salt": entry.salt.hex(),
        "commitment": entry.commitment.hex(),
        "projections": {
            "agent": entry.agent,
            "session": entry.session,
            "type": entry.type,
            "severity": entry.severity,
            "time": instants.micros_text(entry.time),
        },
    }
    if entry.erased:
        members |= {"salt": None, "erased": True}
    return canonical.write(members)[:-1] + b',"payload":' + _payload(entry) + b"}"


def _payload(entry: Entry) -> bytes:
    if entry.erased:
        return b"null"
    try:
        if canonical.encode(canonical.parse(entry.payload)) != entry.payload:
            raise InvalidBody("it is not canonical JSON")
    except InvalidBody as error:
        raise PayloadChanged(uuid_text(entry.id), str(error), position=entry.position) from error
    return entry.payload


def chain_json(dialect: str, chain: Chain) -> dict[str, Any]:
    """A chain with its head: as many entries as the head's `seq`. `erased`: how many of them are, where any is."""
    return {
        "id": chain.id.hex(),
        "dialect": dialect,
        "key": chain.key,
        "head": {"seq": chain.head.seq, "hash": chain.head.hash.hex(), "at": instants.micros_text(chain.head.at)},
        **({"erased": chain.erased} if chain.erased else {}),
    }


def score_json(dialect: str, score: Score) -> dict[str, Any]:
    """A score, and what it takes to compute it again."""
    return {
        "dialect": dialect,
        "agent": score.agent,
        "algorithm": score.algorithm,
        "values": score.values,
        "entries": score.entries,
        "first": score.first,
        "last": score.last,
        "head": score.head and score.head.hex(),
        "computed_at": instants.micros_text(score.computed_at),
    }
