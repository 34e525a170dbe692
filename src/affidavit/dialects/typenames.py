"""JSON types as refusals call them: ours in English, and those of the vendors whose servers check with zod."""

from __future__ import annotations

from typing import Any, Final

_NAMES: Final[dict[type, str]] = {
    str: "a string",
    bool: "true or false",
    type(None): "null",
    list: "an array",
    dict: "an object",
}


class _Absent:
    """Stands for a member that was not sent; null is a value."""


ABSENT: Final = _Absent()

_SCRIPT_NAMES: Final[dict[type, str]] = {
    str: "string",
    bool: "boolean",
    type(None): "null",
    list: "array",
    dict: "object",
    _Absent: "undefined",
}


def type_name(value: Any) -> str:
    """What a value that `canonical.parse` returned is: "a string", "an array", ..."""
    return _NAMES.get(type(value), "a number")


def script_name(value: Any) -> str:
    """What zod calls the type of a value that `canonical.parse` returned, or of ABSENT: "string", "array", ..."""
    return _SCRIPT_NAMES.get(type(value), "number")


def is_number(value: Any) -> bool:
    """Whether it is a JSON number; true and false are none."""
    return type(value) is int or isinstance(value, float)
