"""ASN's words: what a report and a registration may hold, and their limits.

Source: the vendor's page "Events API"; for registrations its page on agents, of which only the answer is known.
"""

from __future__ import annotations

import re
from typing import Any, Final

from affidavit.dialects.typenames import type_name
from affidavit.errors import InvalidBody

NAME: Final = "asn"
MAX_EVENTS: Final = 1000
"""Events in one batch."""
MAX_TYPE: Final = 50
"""Characters of an `event_type`."""
MAX_AGENT_NAME: Final = 200
"""Characters of an agent's name."""
SEVERITIES: Final = ("info", "warning", "error", "critical")
DEFAULT_SEVERITY: Final = "info"
CLASSES: Final = ("A", "S", "H")

_NUMBER: Final = re.compile(r"ASN-\d{4}-\d{4}-\d{4}-[0-9A-Z]", re.ASCII)


def is_asn(text: str) -> bool:
    """Whether a text has the form of an ASN. Its last character may be any: the vendor's own examples fail its rule."""
    return _NUMBER.fullmatch(text) is not None


def report_of(value: Any, at: str = "") -> dict[str, Any]:
    """A parsed JSON value as an event. Raises InvalidBody, naming the field; `at` stands before the name.

    An optional member that is null counts as not sent.
    """
    event = _object(value, at.rstrip(".") or "the body")
    _number_in(event, at)
    _text(event, f"{at}event_type", MAX_TYPE)
    severity, metadata = event.get("severity"), event.get("metadata")
    if severity is not None and severity not in SEVERITIES:
        raise InvalidBody(f"{at}severity must be one of {', '.join(SEVERITIES)}")
    if metadata is not None and not isinstance(metadata, dict):
        raise InvalidBody(f"{at}metadata must be an object, not {type_name(metadata)}")
    return event


def reports_of(body: Any) -> list[dict[str, Any]]:
    """The events of a batch. Raises InvalidBody for the first that is none: then nothing of the batch is recorded."""
    events = _object(body, "the body").get("events")
    if not isinstance(events, list):
        raise InvalidBody('events must be an array: send {"events": [...]}')
    if not 1 <= len(events) <= MAX_EVENTS:
        raise InvalidBody(f"events must hold 1 to {MAX_EVENTS} events, there are {len(events)}")
    return [report_of(event, f"events.{index}.") for index, event in enumerate(events)]


def registration_of(body: Any) -> dict[str, Any]:
    """A parsed request body as a registration. Raises InvalidBody, naming the field."""
    registration = _object(body, "the body")
    _text(registration, "name", MAX_AGENT_NAME)
    if registration.get("class") not in CLASSES:
        raise InvalidBody(f"class must be one of {', '.join(CLASSES)}")
    if registration.get("asn") is not None:
        _number_in(registration, "")
    return registration


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidBody(f"{name} must be a JSON object, not {type_name(value)}")
    return value


def _number_in(event: dict[str, Any], at: str) -> None:
    asn = event.get("asn")
    if asn is None:
        raise InvalidBody(f"{at}asn is required")
    if not isinstance(asn, str) or not is_asn(asn):
        raise InvalidBody(f"{at}asn must be an Agent Security Number, like ASN-2026-0384-7721-A")


def _text(event: dict[str, Any], path: str, most: int) -> None:
    """A text that must be there. `path` ends in the member's name."""
    value = event.get(path.rpartition(".")[2])
    if value is None or value == "":
        raise InvalidBody(f"{path} is required")
    if not isinstance(value, str):
        raise InvalidBody(f"{path} must be a string, not {type_name(value)}")
    if len(value) > most:
        raise InvalidBody(f"{path} must have at most {most} characters, this one has {len(value)}")
