"""Between the vendor's events and the ledger's words: event -> draft, entry -> event.

An event is stored as it was sent, with nothing added and nothing left out. What the vendor fills in (severity,
metadata, a missing payload) is filled in on the way out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.core.ids import ulid_text
from affidavit.dialects.agentlens.rules import micros_of
from affidavit.dialects.agentlens.wire import DEFAULT_SEVERITY
from affidavit.dialects.payload import payload_of
from affidavit.model.draft import Draft, Projection, storable

ERASED: Final = "erased"
"""The `eventType` of an erased event."""


def project(event: Any) -> Projection:
    """The projection of a stored event. Raises ValueError for what was never accepted as one."""
    try:
        session = storable(event["sessionId"])
        timestamp = event.get("timestamp")
        return Projection(
            session,
            storable(event["agentId"]),
            session,
            storable(event["eventType"]),
            event.get("severity") or DEFAULT_SEVERITY,
            micros_of(timestamp) if timestamp else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an AgentLens event: {error!r}") from None


def drafts_of(events: Sequence[Mapping[str, Any]]) -> list[Draft]:
    """Events that follow the rules -> drafts. Raises TooLarge, naming the first event over MAX_EVENT_BYTES."""
    return [Draft(payload_of(event, f"events.{index}"), project(event)) for index, event in enumerate(events)]


def receipt_of(entries: Sequence[Entry]) -> bytes:
    """What was committed -> the JSON that the client of POST /api/events gets, in the order in which it sent."""
    listed = ",".join([f'{{"id":"{ulid_text(entry.id)}","hash":"{entry.hash.hex()}"}}' for entry in entries])
    return f'{{"ingested":{len(entries)},"events":[{listed}]}}'.encode()


def event_of(entry: Entry, tenant: str) -> bytes:
    """An entry -> the JSON of the vendor's event, every value equal to what was sent; or what is left of it."""
    if entry.erased:
        return _erased(entry, tenant)
    sent = canonical.parse(entry.payload)
    return canonical.write(
        {
            "id": ulid_text(entry.id),
            "timestamp": timestamp_of(sent, entry),
            "sessionId": sent["sessionId"],
            "agentId": sent["agentId"],
            "eventType": sent["eventType"],
            "severity": sent.get("severity") or DEFAULT_SEVERITY,
            "payload": sent.get("payload", {}),
            "metadata": sent.get("metadata", {}),
            "prevHash": None if entry.seq == 1 else entry.prev.hex(),
            "hash": entry.hash.hex(),
            "tenantId": tenant,
        }
    )


def _erased(entry: Entry, tenant: str) -> bytes:
    """What clients can read: no session and no agent has the name "", and `erased` says why."""
    return canonical.write(
        {
            "id": ulid_text(entry.id),
            "timestamp": instants.text(entry.at),
            "sessionId": "",
            "agentId": "",
            "eventType": ERASED,
            "severity": DEFAULT_SEVERITY,
            "payload": {},
            "metadata": {},
            "prevHash": None if entry.seq == 1 else entry.prev.hex(),
            "hash": entry.hash.hex(),
            "tenantId": tenant,
            "erased": True,
        }
    )


def time_of(entry: Entry) -> str:
    """`timestamp_of` an entry from the store."""
    return instants.text(entry.at) if entry.erased else timestamp_of(canonical.parse(entry.payload), entry)


def timestamp_of(sent: Mapping[str, Any], entry: Entry) -> str:
    """When an event happened, as its client wrote it, or when it was received."""
    timestamp: str = sent.get("timestamp") or instants.text(entry.at)
    return timestamp
