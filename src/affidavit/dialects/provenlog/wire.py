"""ProvenLog's words: the fields of an event, their JSON types, the values it knows, its limits.

Source: https://docs.provenlog.com, pages "Ingest Events", "Query Events" and "Events".
"""

from __future__ import annotations

import json
from typing import Any, Final

from affidavit.core import instants
from affidavit.dialects.typenames import is_number, type_name
from affidavit.errors import InvalidBody

NAME: Final = "provenlog"
SCHEMA_VERSION: Final = "1.0"
MAX_BATCH_EVENTS: Final = 10_000
DEFAULT_PAGE: Final = 100
"""Events in an answer that asks for no limit."""
DEFAULT_TYPE: Final = "CUSTOM"
MAX_QUOTED: Final = 80
"""Characters of a client's text that a warning repeats."""

SERVER_FIELDS = frozenset({"id", "schema_version", "sequence", "hash", "prev_hash", "validation_warnings"})
"""What only the server says. A client may send any JSON under these names; it is kept and not shown."""

_STRINGS = (
    "session_id", "source", "capture_method", "action_type", "action_name", "action_status", "error_message",
    "timestamp",
)  # fmt: skip
_OBJECTS = ("labels", "metadata")
_SOURCES = frozenset({"sdk", "mcp-proxy", "hook", "otlp", "cli"})
_ACTION_TYPES = frozenset({"TOOL_CALL", "TOOL_RESULT", "LLM_CALL", "LLM_RESPONSE", "CUSTOM"})
SUCCESS: Final = "success"
FAILURES = frozenset({"error", "timeout"})
"""Values of action_status."""
_ACTION_STATUSES = FAILURES | {SUCCESS}


def event_of(value: Any) -> dict[str, Any]:
    """A parsed JSON value as an event. Raises InvalidBody, naming the field, where its type is not the vendor's."""
    if not isinstance(value, dict):
        raise InvalidBody(f"an event must be a JSON object, not {type_name(value)}")
    agent = value.get("agent_id")
    if agent is None or agent == "":
        raise InvalidBody("agent_id is required")
    if not isinstance(agent, str):
        raise InvalidBody(f"agent_id must be a string, not {type_name(agent)}")
    for name in _STRINGS:
        given = value.get(name)
        if given is not None and not isinstance(given, str):
            raise InvalidBody(f"{name} must be a string, not {type_name(given)}")
    for name in _OBJECTS:
        given = value.get(name)
        if given is not None and not isinstance(given, dict):
            raise InvalidBody(f"{name} must be an object, not {type_name(given)}")
    duration = value.get("duration_ms")
    if duration is not None and not is_number(duration):
        raise InvalidBody(f"duration_ms must be a number, not {type_name(duration)}")
    return value


def sent_time(event: dict[str, Any]) -> int | None:
    """The event's own timestamp in µs since 1970; None if it sent none, or none that is an instant."""
    timestamp = event.get("timestamp")
    return None if timestamp is None else instants.parse(timestamp)


def warnings(event: dict[str, Any], time: int | None) -> list[str]:
    """What is odd about an event, though it is recorded. `time`: its `sent_time`. A pure function of the event."""
    found: list[str] = []
    for name, known in (
        ("source", _SOURCES),
        ("action_type", _ACTION_TYPES),
        ("action_status", _ACTION_STATUSES),
    ):
        value = event.get(name)
        if value is not None and value not in known:
            found.append(f"{name} {_quoted(value)} is not one of {', '.join(sorted(known))}")
    if time is None and (timestamp := event.get("timestamp")) is not None:
        found.append(
            f"timestamp {_quoted(timestamp)} is not an ISO 8601 instant with a zone: the time of receipt counts"
        )
    if (event.get("duration_ms") or 0) < 0:
        found.append("duration_ms is negative")
    if not SERVER_FIELDS.isdisjoint(event):
        found += [
            f"{name} is set by the server: what was sent is kept in the record and not shown"
            for name in sorted(SERVER_FIELDS)
            if event.get(name) and (name, event[name]) != ("schema_version", SCHEMA_VERSION)
        ]
    return found


def _quoted(text: str) -> str:
    return json.dumps(text[:MAX_QUOTED], ensure_ascii=False)
