"""Between ASN's words and the ledger's: reports and what becomes of agents -> drafts, entries -> the vendor's events.

A report is recorded as it was sent: an object with `event_type`. What the registry itself does is recorded in the
agent's chain too, as {"asn", "registered": <the request's body>} or {"asn", "deactivated": <the request's body>}.
"""

from __future__ import annotations

from typing import Any, Final

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.dialects.asn.numbers import agent_id
from affidavit.dialects.asn.wire import DEFAULT_SEVERITY, is_asn, registration_of, report_of
from affidavit.dialects.payload import payload_of
from affidavit.dialects.typenames import is_number
from affidavit.errors import InvalidBody, PayloadChanged
from affidavit.model.draft import Draft, Projection, storable
from affidavit.model.evidence import Evidence, Outcome

REGISTERED: Final = "agent_registered"
DEACTIVATED: Final = "agent_deactivated"


def report_draft(event: dict[str, Any], name: str) -> Draft:
    """An event that `report_of` returned -> its draft. `name`: what a refusal calls it."""
    return Draft(payload_of(event, name), _reported(event))


def registration_draft(asn: str, registration: dict[str, Any]) -> Draft:
    """An agent comes into being."""
    return _registry_draft({"asn": asn, "registered": registration})


def deactivation_draft(asn: str, body: dict[str, Any]) -> Draft:
    """An agent is reported for no more."""
    return _registry_draft({"asn": asn, "deactivated": body})


def _registry_draft(fact: dict[str, Any]) -> Draft:
    return Draft(payload_of(fact, "the body"), project(fact))


def project(payload: Any) -> Projection:
    """A parsed payload -> its projection. Raises ValueError for what was never accepted.

    What the registry did has the ASN for its session, so that it is found at once among any number of reports, and
    no severity, so that it is not listed among them, whatever types clients report.
    """
    try:
        if not isinstance(payload, dict) or "event_type" in payload:
            return _reported(report_of(payload))
        asn = payload.get("asn")
        if isinstance(asn, str) and is_asn(asn) and len(payload) == 2:
            if "registered" in payload:
                registration_of(payload["registered"])
                return Projection(asn, asn, asn, REGISTERED, None, None)
            if isinstance(payload.get("deactivated"), dict):
                return Projection(asn, asn, asn, DEACTIVATED, None, None)
    except InvalidBody as error:
        raise ValueError(str(error)) from error
    raise ValueError("not an ASN event: it has no event_type, and the registry did not write it")


def _reported(event: dict[str, Any]) -> Projection:
    asn = event["asn"]
    return Projection(asn, asn, None, storable(event["event_type"]), event.get("severity") or DEFAULT_SEVERITY, None)


_OUTCOMES: Final[dict[str, Outcome]] = {
    "task_completed": "success",
    "task_failed": "failure",
    "error": "failure",
    "incident": "failure",
}
INCIDENT_WEIGHT: Final = 3


def evidence(payload: Any) -> Evidence | None:
    """What a payload says about its agent; None for what the registry did. Raises ValueError as `project` does."""
    projection = project(payload)
    if projection.severity is None:
        return None
    duration = (payload.get("metadata") or {}).get("duration_ms")
    return Evidence(
        _OUTCOMES.get(projection.type, "neutral"),
        projection.type,
        projection.severity,
        latency_ms=duration if is_number(duration) else None,
        weight=INCIDENT_WEIGHT if projection.type == "incident" else 1,
    )


def event_of(entry: Entry) -> dict[str, Any]:
    """The parsed payload of an entry. Raises PayloadChanged if it is none of ours any more."""
    try:
        payload = canonical.parse(entry.payload)
        project(payload)
    except (InvalidBody, ValueError) as error:
        raise PayloadChanged(uuid_text(entry.id), str(error), position=entry.position) from error
    return dict(payload)


def reported(entry: Entry, event: dict[str, Any]) -> bytes:
    """What the client of a report gets: the event with the agent's id."""
    return canonical.write({"id": uuid_text(entry.id), "agent_id": agent_id(event["asn"]), **_members(entry, event)})


def listed(entry: Entry) -> bytes:
    """An event in a list of one agent's."""
    return canonical.write({"id": uuid_text(entry.id), **_members(entry, event_of(entry))})


def _members(entry: Entry, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "event_type": event["event_type"],
        "severity": event.get("severity") or DEFAULT_SEVERITY,
        "metadata": event.get("metadata") or {},
        "reported_by": "operator",
        "created_at": instants.text(entry.at),
    }
