"""Pecta's words: the members of an event and their JSON types.

Source: https://docs.pecta.ai, page "POST /v1/ingest".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from affidavit.dialects.parameters import instant_of
from affidavit.dialects.pecta.limits import (
    MAX_EVALUATION_ID,
    MAX_EVENTS,
    MAX_GATES,
    MAX_LATENCY_MS,
    MAX_NAME,
    MAX_REASON,
)
from affidavit.dialects.pecta.usual import are_usual
from affidavit.dialects.typenames import is_number, type_name
from affidavit.errors import InvalidBody

NAME: Final = "pecta"
EVALUATION: Final = "evaluation"
REGISTRATION: Final = "agent_registered"
"""The types of entry: an event of POST /v1/ingest, and a body of POST /v1/agents."""
AGENT_NAMES: Final = ("agent_id", "id")
"""Under which names POST /v1/agents takes an agent's id; the first that was sent counts."""

Rule = Callable[[Any], str | None]
"""A value -> what is wrong with it, as the end of a sentence that its name begins; None for a good one."""


def _text(value: Any, most: int, least: int = 0) -> str | None:
    if type(value) is not str:
        return f"must be a string, not {type_name(value)}"
    if least <= len(value) <= most:
        return None
    return f"must have at most {most} characters, this one has {len(value)}" if value else "must not be empty"


def _flag(value: Any) -> str | None:
    return None if type(value) is bool else f"must be true or false, not {type_name(value)}"


def _number(value: Any) -> str | None:
    return None if is_number(value) else f"must be a number, not {type_name(value)}"


def _latency(value: Any) -> str | None:
    if is_number(value) and value > MAX_LATENCY_MS:
        return f"must be at most {MAX_LATENCY_MS} milliseconds"
    return _number(value)


def _instant(value: Any) -> str | None:
    if type(value) is not str:
        return f"must be a string, not {type_name(value)}"
    if not value or instant_of(value) is not None:
        return None
    return "must be an ISO 8601 instant, like 2026-05-07T14:22:10.000Z"


def _gates(value: Any) -> str | None:
    if type(value) is not list:
        return f"must be an array, not {type_name(value)}"
    return f"must hold at most {MAX_GATES} gates, it has {len(value)}" if len(value) > MAX_GATES else None


_agent: Final[Rule] = partial(_text, most=MAX_NAME, least=1)
_name: Final[Rule] = partial(_text, most=MAX_NAME)
_EVENT: Final[Mapping[str, Rule]] = {
    "agent_id": _agent,
    "tool?": _name,
    "passed": _flag,
    "gates": _gates,
    "total_latency_ms": _latency,
    "timestamp?": _instant,
    "evaluation_id?": partial(_text, most=MAX_EVALUATION_ID),
}
_GATE: Final[Mapping[str, Rule]] = {
    "name": _name,
    "passed": _flag,
    "latency_ms": _number,
    "reason?": partial(_text, most=MAX_REASON),
    "skipped?": _flag,
}
"""Members in the order of the vendor's page. A name that ends in `?` may be missing or null."""
_EVENT_RULES: Final = [(name.rstrip("?"), rule, name.endswith("?")) for name, rule in _EVENT.items()]
_GATE_RULES: Final = [(name.rstrip("?"), rule, name.endswith("?")) for name, rule in _GATE.items()]


def events_of(body: Any) -> list[dict[str, Any]]:
    """The events of a parsed body of POST /v1/ingest. Raises InvalidBody, naming the first member that is wrong."""
    if type(body) is not dict:
        raise InvalidBody(f'the body must be an object, {{"events": [...]}}, not {type_name(body)}')
    events = body.get("events")
    if type(events) is not list:
        raise InvalidBody(f"events must be an array, not {type_name(events)}" if "events" in body else _MISSING)
    if not 1 <= len(events) <= MAX_EVENTS:
        raise InvalidBody(f"events must hold 1 to {MAX_EVENTS} events, it has {len(events)}")
    if not are_usual(events):
        for index, event in enumerate(events):
            check_event(event, f"events[{index}]")
    return events


_MISSING: Final = 'events is required: send {"events": [...]}'


def check_event(event: Any, name: str) -> None:
    """Raises InvalidBody for what is not an evaluation."""
    _check(event, _EVENT_RULES, name)
    for index, gate in enumerate(event["gates"]):
        _check(gate, _GATE_RULES, f"{name}.gates[{index}]")


def _check(value: Any, rules: list[tuple[str, Rule, bool]], name: str) -> None:
    if type(value) is not dict:
        raise InvalidBody(f"{name} must be an object, not {type_name(value)}")
    for member, rule, optional in rules:
        given = value.get(member)
        if given is None:
            if not optional:
                raise InvalidBody(f"{name}.{member} is required")
        elif (fault := rule(given)) is not None:
            raise InvalidBody(f"{name}.{member} {fault}")


def is_evaluation(payload: Mapping[str, Any]) -> bool:
    """Whether a payload is an event of POST /v1/ingest, which has a verdict; a body of POST /v1/agents has none."""
    return "passed" in payload


def registered(body: Any) -> tuple[str, str]:
    """A parsed body of POST /v1/agents -> the name its agent's id came under, and the id. Raises InvalidBody."""
    if type(body) is not dict:
        raise InvalidBody(f'the body must be an object, {{"agent_id": "..."}}, not {type_name(body)}')
    if is_evaluation(body):
        raise InvalidBody("passed is a member of evaluations: send these to /v1/ingest")
    name = next((name for name in AGENT_NAMES if body.get(name) is not None), None)
    if name is None:
        raise InvalidBody("agent_id is required")
    if (fault := _agent(body[name])) is not None:
        raise InvalidBody(f"{name} {fault}")
    return name, body[name]


def sent_time(event: Mapping[str, Any]) -> int | None:
    """An evaluation's own timestamp in µs since 1970; None if it sent none."""
    timestamp = event.get("timestamp")
    return instant_of(timestamp) if timestamp else None
