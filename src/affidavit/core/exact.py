"""RFC 8785 as it is written, plus our two extensions: the slow reader and writer that canonical.py falls back on.

These two define the format. canonical.py gives the same value, the same bytes or the same refusal, faster.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

import rfc8785

from affidavit.errors import InvalidJson

MAX_DEPTH = 128
"""Levels of arrays and objects in one event."""
MAX_BODY_DEPTH = MAX_DEPTH + 2
"""Levels in what `parse` reads: an event, and what a vendor may wrap around it, {"events": [ ... ]}."""
MAX_DIGITS = 1000
"""Digits of one integer. Python itself refuses to convert more than 4,300."""

_PLAIN_FROM = 1e-5
_PLAIN_BELOW = 1e16
"""Between these two, orjson writes a number with a fraction as ECMAScript does, and every whole number is exact."""


class OddFloat(float):
    """A float that orjson would spell otherwise than ECMAScript does."""


def number(text: str) -> int | float:
    """A JSON number with a fraction or an exponent -> the value whose shortest spelling is canonical."""
    value = float(text)
    magnitude = abs(value)
    if magnitude < _PLAIN_BELOW:
        if value.is_integer():
            return int(value)
        return value if magnitude >= _PLAIN_FROM else OddFloat(value)
    if magnitude == float("inf"):
        raise InvalidJson(f"number {text[:40]} is beyond the range of an IEEE 754 double")
    return OddFloat(value)


def spell(value: float) -> bytes:
    """ECMAScript's Number::toString (RFC 8785 section 3.2.2.3)."""
    try:
        return rfc8785.dumps(float(value))
    except rfc8785.FloatDomainError:
        raise InvalidJson(f"{value} is not JSON: only finite numbers are") from None


def parse_exactly(raw: bytes) -> Any:
    """The slow reader: every document `canonical.parse` accepts, with the reason for every one it refuses."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJson(f"body is not UTF-8: {error.reason} at byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise InvalidJson("body starts with a byte order mark: send plain UTF-8 (RFC 8259 section 8.1)")
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(f"body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:  # CPython guards its reader's stack: some 1,000 levels down, whatever the input
        raise InvalidJson(_TOO_DEEP) from None
    refuse_deeper_than(MAX_BODY_DEPTH, value)
    return value


_TOO_DEEP = f"an event may nest at most {MAX_DEPTH} levels of arrays and objects"


def refuse_deeper_than(most: int, value: Any) -> None:
    """Raises InvalidJson if the value nests more than `most` levels of arrays and objects."""
    for depth, _ in enumerate(levels(value), start=1):
        if depth > most:
            raise InvalidJson(_TOO_DEEP)


def levels(value: Any) -> Iterator[list[Any]]:
    """The arrays and objects of a value, level by level from the outermost."""
    level = _containers([value])
    while level:
        yield level
        level = [child for item in level for child in _containers(item.values() if isinstance(item, dict) else item)]


def _containers(items: Iterable[Any]) -> list[Any]:
    return [item for item in items if isinstance(item, (dict, list))]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise InvalidJson(f"duplicate key {json.dumps(key[:80])} in an object: send each key once")
            seen.add(key)
    return found


def _integer(text: str) -> int:
    digits = len(text) - text.startswith("-")
    if digits > MAX_DIGITS:
        raise InvalidJson(f"an integer may have at most {MAX_DIGITS} digits, this one has {digits}")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise InvalidJson(f"{text} is not JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_integer, parse_float=number, parse_constant=_constant)


def encode_exactly(value: Any) -> bytes:
    """The slow writer, for any JSON value: RFC 8785 section 3.2 as written, plus the two extensions.

    Raises InvalidJson for nesting beyond MAX_DEPTH and for NaN and infinities.
    """
    refuse_deeper_than(MAX_DEPTH, value)
    return _bytes(_text(value, _sorted))


def write_exactly(value: Any) -> bytes:
    """The same spelling, but keys in the order given and no limit on nesting: for an answer around an event."""
    return _bytes(_text(value, dict.items))


def _bytes(text: str) -> bytes:
    # backslashreplace writes a lone surrogate as \ud83d: the extension, and the only thing UTF-8 refuses.
    return text.encode("utf-8", errors="backslashreplace")


Members = Callable[[dict[str, Any]], Iterable[tuple[str, Any]]]


def _sorted(item: dict[str, Any]) -> list[tuple[str, Any]]:
    """By UTF-16 code units (section 3.2.3); a lone surrogate counts as the unit it is."""
    return sorted(item.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))


def _text(value: Any, members: Members) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return spell(value).decode()
    if isinstance(value, list):
        return "[" + ",".join([_text(item, members) for item in value]) + "]"
    if isinstance(value, dict):
        return "{" + ",".join([f"{_text(key, members)}:{_text(item, members)}" for key, item in members(value)]) + "}"
    raise TypeError(f"{type(value).__name__} is not JSON")
