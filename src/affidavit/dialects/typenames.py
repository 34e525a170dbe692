"""JSON types as refusals call them."""

from __future__ import annotations

from typing import Any, Final

_NAMES: Final[dict[type, str]] = {
    str: "a string",
    bool: "true or false",
    type(None): "null",
    list: "an array",
    dict: "an object",
}


def type_name(value: Any) -> str:
    """What a value that `canonical.parse` returned is: "a string", "an array", ..."""
    return _NAMES.get(type(value), "a number")


def is_number(value: Any) -> bool:
    """Whether it is a JSON number; true and false are none."""
    return type(value) is int or isinstance(value, float)
