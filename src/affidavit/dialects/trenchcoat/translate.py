"""Trenchcoat's events to drafts, and entries back to what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.dialects.payload import payload_of
from affidavit.dialects.trenchcoat.wire import data_of, form_of
from affidavit.errors import InvalidJson, PayloadChanged
from affidavit.model.draft import Draft, Projection, storable

MAIN_AGENT: Final = "main"
"""Who acts where an event names nobody: the coding agent itself, which the vendor has no name for."""
_AGENT_TYPE_EVENTS: Final = frozenset({"subagent_start", "subagent_stop"})


def drafts_of(events: Sequence[dict[str, Any]]) -> list[Draft]:
    """Events that follow the rules -> drafts. Raises TooLarge, naming the first that cannot be kept."""
    return [Draft(payload_of(event, f"events[{index}]"), project(event)) for index, event in enumerate(events)]


def project(payload: Any) -> Projection:
    """The projection of a payload. Raises ValueError for what was never accepted as an event."""
    try:
        form = form_of(payload)
        session, kind = storable(payload["session_id"]), storable(payload[form.kind])
        return Projection(
            chain_key=session,
            agent=storable(_agent(kind, data_of(payload))),
            session=session,
            type=kind,
            severity=None,
            time=form.micros(payload[form.time]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a Trenchcoat event: {error!r}") from None


def _agent(kind: str, data: Mapping[str, Any]) -> str:
    """Who acted: the type of the subagent, whose ids are new for each errand, or the name that a client gives.

    Where a tool starts a subagent, `agent_id` and `agent_type` would be the one that is started.
    """
    named = (
        data.get("origin_agent_type"),
        data.get("agent_type") if kind in _AGENT_TYPE_EVENTS else None,
        data.get("agent_name"),
    )
    return next((name for name in named if type(name) is str and name.strip()), MAIN_AGENT)


def tool_of(data: Mapping[str, Any]) -> str | None:
    """The tool that an event is about."""
    name = data.get("tool_name")
    return storable(name) if type(name) is str else None


def data_in(entry: Entry) -> Mapping[str, Any]:
    """The data of an entry's event; none once its payload was erased. Raises PayloadChanged if it is no event."""
    if not entry.payload:
        return {}
    try:
        event = canonical.parse(entry.payload)
        project(event)
    except (InvalidJson, ValueError) as error:
        raise PayloadChanged(uuid_text(entry.id), str(error), position=entry.position) from error
    return data_of(event)
