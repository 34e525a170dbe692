"""What ProvenLog's events say about their agents: the table in docs/scores.md."""

from __future__ import annotations

from typing import Any

from affidavit.dialects.provenlog.wire import DEFAULT_TYPE, FAILURES, SUCCESS, event_of
from affidavit.errors import InvalidBody
from affidavit.model.draft import storable
from affidavit.model.evidence import Evidence


def evidence(payload: Any) -> Evidence | None:
    """What an event says about its agent. Raises ValueError for what was never accepted as an event.

    The status alone decides: a call and its result that both carry one count twice.
    """
    try:
        event = event_of(payload)
    except InvalidBody as error:
        raise ValueError(str(error)) from None
    status, kind, tool = event.get("action_status"), event.get("action_type"), event.get("action_name")
    return Evidence(
        "success" if status == SUCCESS else "failure" if status in FAILURES else "neutral",
        DEFAULT_TYPE if kind is None else storable(kind),
        tool=None if tool is None else storable(tool),
        latency_ms=event.get("duration_ms"),
    )
