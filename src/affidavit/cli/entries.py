"""An entry as commands show it."""

from __future__ import annotations

from typing import Any

import orjson

from affidavit.core import canonical, ids, instants
from affidavit.core.entry import Entry
from affidavit.errors import InvalidJson


def facts(entry: Entry) -> dict[str, Any]:
    """An entry's parts by name, with everything that its hash is made of, ready for orjson.

    The payload is the stored bytes themselves, or a text where they are not JSON any more. An erased entry has none,
    and a member `erased` more, which is true.
    """
    return {
        "position": entry.position,
        "id": ids.uuid_text(entry.id),
        "ulid": ids.ulid_text(entry.id),
        "dialect": entry.dialect,
        "at": instants.micros_text(entry.at),
        "chain": entry.chain.hex(),
        "seq": entry.seq,
        "header": entry.header.decode(),
        "hash": entry.hash.hex(),
        "salt": entry.salt.hex(),
        "agent": entry.agent,
        "session": entry.session,
        "type": entry.type,
        "severity": entry.severity,
        "payload": _payload(entry),
    } | ({"erased": True} if entry.erased else {})


def _payload(entry: Entry) -> orjson.Fragment | str | None:
    if entry.erased:
        return None
    try:
        canonical.parse(entry.payload)
    except InvalidJson:
        return entry.payload.decode("utf-8", "backslashreplace")
    return orjson.Fragment(entry.payload)
