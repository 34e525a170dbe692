"""The routes of the vendor's page "Events API", and the table of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.dialects.asn import agents
from affidavit.dialects.asn.activity import everything, newest, pagination, wish_of
from affidavit.dialects.asn.registry import find_agent, register_free, require_active
from affidavit.dialects.asn.translate import listed, report_draft, reported
from affidavit.dialects.asn.wire import report_of, reports_of
from affidavit.dialects.contract import Answer, Ingest, Intake, Read, Request
from affidavit.model.reading import Reading

READ: Final = "read"
WRITE: Final = "write"
REPORT: Final = "activity:report"


def report(request: Request) -> Intake:
    """POST /activity/report: one event -> 201 and the event."""
    event = report_of(canonical.parse(request.body))
    return Intake([report_draft(event, "the event")], lambda entries, _: Answer(201, reported(entries[0], event)))


def report_batch(request: Request) -> Intake:
    """POST /activity/report/batch: 1 to 1,000 events, all or none -> 201 and the events in their order."""
    events: list[dict[str, Any]] = reports_of(canonical.parse(request.body))

    def answer(entries: Sequence[Entry], _: Reading) -> Answer:
        # Joined from bytes: one event that must be written exactly (a lone surrogate) does not slow the others down.
        data = b",".join([reported(entry, event) for entry, event in zip(entries, events, strict=True)])
        return Answer(201, b'{"data":[%b],"accepted":%d}' % (data, len(entries)))

    return Intake([report_draft(event, f"events.{index}") for index, event in enumerate(events)], answer)


def activity(request: Request, reading: Reading) -> Answer:
    """GET /agents/:asn/activity: a page of what was reported, newest first."""
    asn, wish = find_agent(reading, request.parameters["asn"]).asn, wish_of(request.query)
    page = (everything if request.by else newest)(reading, asn, wish)
    data = b",".join(map(listed, page.entries))
    return Answer(200, b'{"data":[%b],"pagination":%b}' % (data, canonical.write(pagination(wish, page.total))))


def asn_of(request: Request) -> str:
    """The agent that a request is about."""
    return request.parameters["asn"]


_AGENT: Final = "/api/v1/agents/{asn}"

INGESTS: Final = (
    Ingest("/api/v1/activity/report", REPORT, report, other_scopes=(WRITE,), check=require_active),
    Ingest("/api/v1/activity/report/batch", REPORT, report_batch, other_scopes=(WRITE,), check=require_active),
    Ingest("/api/v1/agents", WRITE, agents.register, check=register_free, alone="ledger"),
    Ingest(f"{_AGENT}/deactivate", WRITE, agents.deactivate, asks=True, check=require_active, alone="ledger"),
)
READS: Final = (
    Read(_AGENT, READ, agents.show, about=asn_of),
    Read(f"{_AGENT}/activity", READ, activity, about=asn_of),
    Read(f"{_AGENT}/trust-score", READ, agents.trust_score, about=asn_of),
    Read(f"{_AGENT}/trust-score/history", READ, agents.trust_history, about=asn_of),
    Read("/api/v1/verify/{asn}", READ, agents.verify, about=asn_of),
)
