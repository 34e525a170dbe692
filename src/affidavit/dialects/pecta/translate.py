"""Pecta's events to drafts, and entries back to Pecta's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.dialects.payload import payload_of
from affidavit.dialects.pecta.wire import (
    EVALUATION,
    REGISTRATION,
    check_event,
    is_evaluation,
    registered,
    sent_time,
)
from affidavit.dialects.typenames import is_number
from affidavit.errors import InvalidBody, PayloadChanged
from affidavit.model.draft import Draft, Projection, storable
from affidavit.model.evidence import Evidence, Outcome


def drafts_of(events: Sequence[dict[str, Any]]) -> list[Draft]:
    """Events that follow the rules -> drafts. Raises TooLarge or InvalidJson, naming the first that cannot be kept."""
    return [Draft(payload_of(event, f"events[{index}]"), project(event)) for index, event in enumerate(events)]


def project(payload: Any) -> Projection:
    """The projection of a payload. Raises ValueError for what was never accepted as one."""
    try:
        evaluation = is_evaluation(payload)
        agent = storable(payload["agent_id"] if evaluation else registered(payload)[1])
        if not evaluation:
            return Projection(agent, agent, None, REGISTRATION, severity_of(True), None)
        return Projection(agent, agent, None, EVALUATION, severity_of(_verdict(payload)), sent_time(payload))
    except (KeyError, TypeError, AttributeError, InvalidBody) as error:
        raise ValueError(f"not a Pecta event: {error!r}") from None


def severity_of(passed: bool) -> str:
    """The severity that an evaluation is recorded with."""
    return "info" if passed else "error"


def evidence(payload: Any) -> Evidence | None:
    """What an evaluation says about its agent; a registration says nothing. Raises ValueError.

    The event's own verdict counts: a gate that was skipped counts neither for nor against.
    """
    try:
        if not is_evaluation(payload):
            return None
        latency_ms, tool = payload["total_latency_ms"], payload.get("tool")
        if not is_number(latency_ms) or not (tool is None or type(tool) is str):
            raise TypeError("total_latency_ms is no number, or tool no text")
        outcome: Outcome = "success" if _verdict(payload) else "failure"
        return Evidence(outcome, EVALUATION, tool=tool, latency_ms=latency_ms)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a Pecta event: {error!r}") from None


def _verdict(payload: Any) -> bool:
    passed = payload["passed"]
    if type(passed) is not bool:
        raise TypeError("passed is neither true nor false")
    return passed


def row_of(entry: Entry, score: int) -> dict[str, Any]:
    """An entry as GET /v1/events shows it. `score`: the agent's at the time of this evaluation.

    Raises PayloadChanged if its payload is no evaluation any more.
    """
    try:
        sent = canonical.parse(entry.payload)
        check_event(sent, "the event")
    except InvalidBody as error:
        raise PayloadChanged(uuid_text(entry.id), str(error), position=entry.position) from error
    return {
        "id": uuid_text(entry.id),
        "evaluation_id": sent.get("evaluation_id"),
        "agent_id": sent["agent_id"],
        "tool_name": sent.get("tool"),
        "passed": sent["passed"],
        "gates": sent["gates"],
        "total_latency_ms": sent["total_latency_ms"],
        "reputation_score": score,
        "created_at": instants.text(entry.time),
    }
