"""Canonical JSON: RFC 8785, with two extensions so that nothing a client sent is lost.

Extensions (docs/formats/canonical-json.md): integers keep all their digits, and a lone surrogate escape stays an
escape in lower case, as ECMAScript's JSON.stringify writes it. Refused in words: duplicate keys, invalid UTF-8,
NaN and infinities, numbers beyond a double's range, nesting beyond MAX_DEPTH, integers beyond MAX_DIGITS, documents
of more than MAX_VALUES.

Two paths give the same bytes. The fast one, here, is msgspec to read and orjson to write; cheap tests on the bytes
find the documents where those differ from RFC 8785, and only these take the exact one, in exact.py.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from affidavit.core.exact import (
    MAX_BODY_DEPTH,
    MAX_DEPTH,
    MAX_DIGITS,
    OddFloat,
    encode_exactly,
    levels,
    number,
    parse_exactly,
    spell,
    write_exactly,
)
from affidavit.errors import InvalidJson

__all__ = [
    "MAX_BODY_DEPTH",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_VALUES",
    "encode",
    "encode_exactly",
    "parse",
    "parse_exactly",
    "write",
]

MAX_VALUES = 2 << 20
"""Commas and opening brackets of one document, those inside of strings too: no document has more values than these + 1.

msgspec reads a document in one go, in which no other thread runs. So many values take it 0.2 s, the 5 million of 16 MiB
of `[],[],` 0.9 s and 0.5 GB. A body of 16 MiB of small events has 1.2 million.
"""

_decoder = msgspec.json.Decoder(float_hook=number)


def parse(raw: bytes) -> Any:
    """Read one JSON document.

    Returns dicts, lists, str, int, float, bool, None, ready for `encode`. A fraction without a remainder comes
    back as int (`1.0` is 1, RFC 8785 section 3.2.2.3).
    Raises InvalidJson, saying where, for anything listed in this module's first paragraph.
    """
    if len(raw) > MAX_VALUES and _marks(raw) > MAX_VALUES:
        raise InvalidJson(f"the document has more than {MAX_VALUES} values: send fewer events at once")
    try:
        value = _decoder.decode(raw)
        if len(raw) > _SMALL or raw.count(b"{") + raw.count(b"[") > MAX_BODY_DEPTH:
            line = orjson.dumps(_sunk(value, MAX_BODY_DEPTH), default=_stand_in)
        else:
            line = orjson.dumps(value, default=_stand_in)
        # msgspec drops duplicate keys, and they take their colons with them; only an escaped colon adds one back.
        if line.count(b":") == raw.count(b":") and (b"\\" not in raw or b"\\u003" not in raw):
            return value
    except InvalidJson:
        raise
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        pass  # malformed, or a lone surrogate, a big integer, too deep: the exact reader tells
    return parse_exactly(raw)


def _marks(raw: bytes) -> int:
    """What stands before every value but the first and those of members; an empty container has its own to spare."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def encode(value: Any) -> bytes:
    """Write a value that `parse` returned as canonical JSON. Other values are for `encode_exactly`.

    Raises InvalidJson for nesting beyond MAX_DEPTH.
    """
    try:
        line = orjson.dumps(value, default=_spell, option=orjson.OPT_SORT_KEYS)
        if line.count(b"{") + line.count(b"[") > MAX_DEPTH:
            orjson.dumps(_sunk(value, MAX_DEPTH), default=_stand_in)
    except TypeError:  # an integer beyond 64 bits, a lone surrogate, or nested too deep
        return encode_exactly(value)
    if not line.isascii() and _planes_meet(line) and not _has_ascii_keys(value):
        return encode_exactly(value)
    # A copy, because what orjson returns keeps the 4 KiB or more that it was written in for as long as it lives.
    return b"".join((line, b""))


def write(value: Any) -> bytes:
    """Write a value as JSON for an answer: keys in the order given, nothing lost, whatever its nesting."""
    try:
        return orjson.dumps(value, default=_spell)
    except TypeError:
        return write_exactly(value)


def _spell(value: Any) -> orjson.Fragment:
    """orjson's hook for what it cannot write itself: here only OddFloat."""
    if isinstance(value, OddFloat):
        return orjson.Fragment(spell(value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _stand_in(_: Any) -> None:
    """orjson's hook where only the structure is looked at."""


_ORJSON_DEPTH = 254
"""Levels that orjson writes before it refuses."""
_SMALL = 4096
"""Bytes up to which counting brackets costs less than sinking."""


def _sunk(value: Any, most: int) -> Any:
    """The value, so far down in arrays that orjson refuses it if it nests more than `most` levels itself."""
    for _ in range(_ORJSON_DEPTH - most):
        value = [value]
    return value


def _planes_meet(line: bytes) -> bool:
    """Whether U+E000 to U+FFFF (EE, EF) meets astral characters (F0 to F4): else UTF-8 order is UTF-16 order."""
    return (b"\xee" in line or b"\xef" in line) and any(lead in line for lead in _ASTRAL_LEADS)


_ASTRAL_LEADS = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")


def _has_ascii_keys(value: Any) -> bool:
    """Whether only texts hold what met, as in Chinese (U+FF0C is its comma) with an emoji."""
    return all(key.isascii() for level in levels(value) for item in level if isinstance(item, dict) for key in item)
