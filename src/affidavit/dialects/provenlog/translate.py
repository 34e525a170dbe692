"""ProvenLog's events to drafts, and entries back to ProvenLog's events."""

from __future__ import annotations

from typing import Any

import msgspec

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.dialects.contract import MAX_EVENT_BYTES
from affidavit.dialects.provenlog.wire import (
    DEFAULT_TYPE,
    FAILURES,
    SCHEMA_VERSION,
    SERVER_FIELDS,
    event_of,
    sent_time,
    warnings,
)
from affidavit.errors import InvalidBody, PayloadChanged, TooLarge
from affidavit.model.draft import Draft, Projection, storable


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """An event that will be recorded: as it was sent, and what is recorded of it."""

    event: dict[str, Any]
    draft: Draft


def accept(value: Any) -> Accepted:
    """A parsed JSON value -> an event to record. Raises InvalidBody or TooLarge."""
    event = event_of(value)
    payload = canonical.encode(event)
    if len(payload) > MAX_EVENT_BYTES:
        raise TooLarge(
            f"the event has {len(payload)} bytes, at most {MAX_EVENT_BYTES} are recorded", limit=MAX_EVENT_BYTES
        )
    return Accepted(event, Draft(payload, _projection(event)))


def project(payload: Any) -> Projection:
    """A parsed payload -> its projection. Raises ValueError if it is not an event."""
    try:
        return _projection(event_of(payload))
    except InvalidBody as error:
        raise ValueError(str(error)) from error


def _projection(event: dict[str, Any]) -> Projection:
    agent, session = storable(event["agent_id"]), event.get("session_id")
    kind = event.get("action_type")
    return Projection(
        chain_key=agent,
        agent=agent,
        session=None if session is None else storable(session),
        type=DEFAULT_TYPE if kind is None else storable(kind),
        severity="error" if event.get("action_status") in FAILURES else "info",
        time=sent_time(event),
    )


_DEFAULTS = {"source": '"sdk"', "capture_method": '"http-api"', "action_type": f'"{DEFAULT_TYPE}"'}
_NULLS = (
    "session_id", "action_name", "action_input", "action_output", "action_status", "error_message", "duration_ms",
    "labels", "metadata",
)  # fmt: skip
_MEMBERS = [(name, f'"{name}":{default},') for name, default in (_DEFAULTS | dict.fromkeys(_NULLS, "null")).items()]
"""What is shown of a field that was not sent."""
_NO_HASH = "0" * 64
"""The vendor's `prev_hash` of a chain's first event."""


def shown(entry: Entry, event: dict[str, Any], time: int | None) -> bytes:
    """An entry as ProvenLog shows it: the payload's own bytes, behind what the server adds to them.

    `event` is the parsed payload, `time` its `sent_time`. Every field of the vendor's schema is there; one that was
    not sent has its default or null.
    """
    found = warnings(event, time)
    body = entry.payload
    if _says_what_is_the_servers(event):
        event = _without_the_servers(event)
        body = canonical.encode(event)
    previous = entry.prev.hex() if entry.seq > 1 else _NO_HASH
    absent = "".join([member for name, member in _MEMBERS if name not in event])
    if "timestamp" not in event:
        absent += f'"timestamp":"{instants.micros_text(entry.at)}",'
    head = (
        f'{{"id":"{uuid_text(entry.id)}","schema_version":"{SCHEMA_VERSION}","sequence":{entry.seq},'
        f'"hash":"{entry.hash.hex()}","prev_hash":"{previous}",{absent}"validation_warnings":'
    )
    return b"".join((head.encode(), canonical.write(found) if found else b"[]", b",", body[1:]))


def _says_what_is_the_servers(event: dict[str, Any]) -> bool:
    """Whether it has the server's own fields, or null where a default is shown."""
    return (
        not SERVER_FIELDS.isdisjoint(event)
        or event.get("source", "") is None
        or event.get("capture_method", "") is None
        or event.get("action_type", "") is None
        or event.get("timestamp", "") is None
    )


def _without_the_servers(event: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in event.items()
        if name not in SERVER_FIELDS and (value is not None or (name not in _DEFAULTS and name != "timestamp"))
    }


def _erased(entry: Entry) -> bytes:
    """What is left of an erased entry: every field of the vendor's schema, and `erased`. No agent has the name ""."""
    return canonical.write({
        "id": uuid_text(entry.id),
        "schema_version": SCHEMA_VERSION,
        "sequence": entry.seq,
        "hash": entry.hash.hex(),
        "prev_hash": entry.prev.hex() if entry.seq > 1 else _NO_HASH,
        "agent_id": "",
        "timestamp": instants.micros_text(entry.at),
        "validation_warnings": [],
        **dict.fromkeys(_DEFAULTS, ""),
        **dict.fromkeys(_NULLS),
        "erased": True,
    })  # fmt: skip


def read_back(entry: Entry) -> bytes:
    """An entry from the store as ProvenLog shows it. Raises PayloadChanged if its payload is no event any more."""
    if entry.erased:
        return _erased(entry)
    try:
        event = event_of(canonical.parse(entry.payload))
        if canonical.encode(event) != entry.payload:  # `shown` hands the bytes on: they must be what was parsed
            raise InvalidBody("it is not canonical JSON")
    except InvalidBody as error:
        raise PayloadChanged(uuid_text(entry.id), str(error), position=entry.position) from error
    return shown(entry, event, sent_time(event))
