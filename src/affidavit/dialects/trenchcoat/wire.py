"""Trenchcoat's words: an event's members in both of its forms, the rules they follow, and what is said of a bad one.

Source: the vendor's page "Events" for one form; its open server, commit 0e42fd3, which checks with zod 4, for the
other, which is what the vendor's own plugin sends. The two disagree, and both have clients.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from affidavit.core import instants
from affidavit.dialects.parameters import instant_of
from affidavit.dialects.typenames import ABSENT, is_number, script_name

NAME: Final = "trenchcoat"
MAX_EVENTS: Final = 1000
"""Events in one request."""
TOOL_EVENTS: Final = ("tool_use", "tool_result")
"""What the vendor counts as uses of tools: both the call and its result."""

_TYPES: Final = ("session_start", "session_end", "tool_use", "tool_result", "subagent_stop", "assistant_stop")
_PLUGIN_TYPES: Final = (
    "session_start", "session_end", "tool_use", "tool_result", "prompt_submit", "assistant_stop", "subagent_start",
    "subagent_stop", "pre_compact", "skill_use", "error",
)  # fmt: skip
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)

Rule = Callable[[Any], "str | None"]
"""A member's value -> what is wrong with it; None for a good one."""
Mismatch = Callable[[str, Any], str]
"""The type that was expected, and the value that came -> what is said of it."""


def _plugin_mismatch(expected: str, value: Any) -> str:
    """A value of the wrong type, in the server's words."""
    return f"Invalid input: expected {expected}, received {script_name(value)}"


def _page_mismatch(expected: str, value: Any) -> str:
    if value is ABSENT:
        return "Required"
    return f"Expected {expected}, received {script_name(value)}"


def _text(mismatch: Mismatch, is_good: Callable[[str], bool], otherwise: str) -> Rule:
    def rule(value: Any) -> str | None:
        if type(value) is not str:
            return mismatch("string", value)
        return None if is_good(value) else otherwise

    return rule


def _one_of(types: tuple[str, ...], otherwise: str, missing: str) -> Rule:
    known = frozenset(types)

    def rule(value: Any) -> str | None:
        if type(value) is str and value in known:
            return None
        return missing if value is ABSENT else otherwise

    return rule


def _optional_object(mismatch: Mismatch, expected: str) -> Rule:
    return lambda value: None if type(value) is dict or value is ABSENT else mismatch(expected, value)


def _sequence(value: Any) -> str | None:
    """`seq` is a whole number from 0 on; two of the vendor's own clients leave it out."""
    if value is ABSENT:
        return None
    if not is_number(value):
        return _plugin_mismatch("number", value)
    if isinstance(value, float) and not value.is_integer():
        return _plugin_mismatch("int", value)
    return None if value >= 0 else "Too small: expected number to be >=0"


class Form(msgspec.Struct, frozen=True):
    """One of the two forms of an event.

    `kind`, `time`: its names for an event's type and timestamp. `micros`: a good timestamp -> µs since 1970. `rules`:
    its members, in the order in which they are checked. `mismatch`: its words for a value of the wrong type.
    """

    kind: str
    time: str
    micros: Callable[[str], int | None]
    mismatch: Mismatch
    rules: tuple[tuple[str, Rule], ...]


_EXPECTED: Final = f"Invalid enum value. Expected one of: {', '.join(_TYPES)}"
_OPTIONS: Final = "Invalid option: expected one of " + "|".join(f'"{kind}"' for kind in _PLUGIN_TYPES)

PAGE: Final = Form(
    kind="event_type",
    time="timestamp",
    micros=instant_of,
    mismatch=_page_mismatch,
    rules=(
        ("event_type", _one_of(_TYPES, _EXPECTED, "Required")),
        ("session_id", _text(_page_mismatch, lambda text: _UUID.fullmatch(text) is not None, "Invalid UUID format")),
        ("timestamp", _text(_page_mismatch, lambda text: instant_of(text) is not None, "Invalid ISO 8601 timestamp")),
        ("data", _optional_object(_page_mismatch, "object")),
    ),
)
PLUGIN: Final = Form(
    kind="event",
    time="ts",
    micros=instants.parse,
    mismatch=_plugin_mismatch,
    rules=(
        ("ts", _text(_plugin_mismatch, lambda text: instants.parse(text) is not None, "Invalid ISO datetime")),
        ("event", _one_of(_PLUGIN_TYPES, _OPTIONS, _OPTIONS)),
        ("session_id", _text(_plugin_mismatch, bool, "Too small: expected string to have >=1 characters")),
        ("seq", _sequence),
        ("data", _optional_object(_plugin_mismatch, "record")),
    ),
)
_TELLING: Final = (("event_type", PAGE), ("event", PLUGIN), ("timestamp", PAGE), ("ts", PLUGIN), ("seq", PLUGIN))
"""Names that only one form has; the first that an event has decides."""


def form_of(event: Any) -> Form:
    """The form of what should be an event; the page's, which is the specification, where nothing in it tells."""
    if type(event) is dict:
        for name, form in _TELLING:
            if name in event:
                return form
    return PAGE


def faults_in(event: Any) -> list[tuple[str, str]]:
    """What is wrong with an event, by the rules of its own form: (member, message); the event itself has no name."""
    form = form_of(event)
    if type(event) is not dict:
        return [("", form.mismatch("object", event))]
    return [(name, fault) for name, rule in form.rules if (fault := rule(event.get(name, ABSENT))) is not None]


def data_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an event says beside its type, session and time."""
    data: Mapping[str, Any] = event.get("data", {})
    return data
