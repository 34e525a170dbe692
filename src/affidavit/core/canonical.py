"""Canonical JSON: RFC 8785, with two extensions so that nothing a client sent is lost.

Extensions (docs/formats/canonical-json.md): integers keep all their digits, and a lone surrogate escape stays an
escape in lower case, as ECMAScript's JSON.stringify writes it. Refused in words: duplicate keys, invalid UTF-8,
NaN and infinities, numbers beyond a double's range, nesting beyond MAX_DEPTH, integers beyond MAX_DIGITS.

Two paths give the same bytes. The fast one is msgspec to read and orjson to write; cheap tests on the bytes find
the documents where those differ from RFC 8785, and only these take the exact one.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import msgspec
import orjson
import rfc8785

from affidavit.errors import InvalidJson

MAX_DEPTH = 128
MAX_DIGITS = 1000
"""Digits of one integer. Python itself refuses to convert more than 4,300."""

_MAX_EXACT_FLOAT = 2**53


class _Odd(float):
    """A float that orjson would spell otherwise than ECMAScript does; it is written by `_spell`."""


def _number(text: str) -> int | float:
    """A JSON number with a fraction or an exponent -> the value whose shortest spelling is canonical."""
    value = float(text)
    magnitude = abs(value)
    if magnitude in (float("inf"),):
        raise InvalidJson(f"number {text[:40]} is beyond the range of an IEEE 754 double")
    if value.is_integer() and magnitude <= _MAX_EXACT_FLOAT:
        return int(value)
    if 1e-5 <= magnitude < 1e16:
        return value
    return _Odd(value)


def _spell(value: Any) -> orjson.Fragment:
    """orjson's hook for what it cannot write itself: here only `_Odd`."""
    if isinstance(value, _Odd):
        return orjson.Fragment(rfc8785.dumps(float(value)))
    raise TypeError(f"{type(value).__name__} is not JSON")


_decoder = msgspec.json.Decoder(float_hook=_number)


def parse(raw: bytes) -> Any:
    """Read one JSON document.

    Returns dicts, lists, str, int, float, bool, None, ready for `encode`. A fraction without a remainder comes
    back as int (`1.0` is 1, RFC 8785 section 3.2.2.3).
    Raises InvalidJson, saying where, for anything listed in this module's first paragraph.
    """
    try:
        value = _decoder.decode(raw)
        # Dropped duplicate keys take their colons with them; nothing but an escaped colon can add one back.
        if orjson.dumps(value, default=_spell).count(b":") == raw.count(b":") and b"\\u003" not in raw:
            return value
    except InvalidJson:
        raise
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError):
        pass  # malformed, or a lone surrogate, or a big integer: the exact reader tells
    return parse_exactly(raw)


def parse_exactly(raw: bytes) -> Any:
    """The slow reader: every document `parse` accepts, with the reason for every one it refuses."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJson(f"body is not UTF-8: {error.reason} at byte {error.start}") from None
    _refuse_depth(text)
    try:
        return _exact_decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(f"body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None


_STRINGS_OR_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_ENVELOPE_DEPTH = 2
"""What a vendor may wrap around an event: {"events": [ ... ]}."""


def _refuse_depth(text: str) -> None:
    """Refuse before a recursive reader sees it, so that no input can exhaust the stack."""
    depth = 0
    for match in _STRINGS_OR_BRACKETS.finditer(text):
        token = match.group()
        if token in "[{":
            depth += 1
            if depth > MAX_DEPTH + _ENVELOPE_DEPTH:
                raise InvalidJson(_too_deep())
        elif token in "]}":
            depth -= 1


def _too_deep() -> str:
    return f"an event may nest at most {MAX_DEPTH} levels of arrays and objects"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InvalidJson(f"duplicate key {json.dumps(key[:80])} in an object: send each key once")
        found[key] = value
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise InvalidJson(f"an integer may have at most {MAX_DIGITS} digits, this one has {len(text)}")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise InvalidJson(f"{text} is not JSON")


_exact_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_number, parse_constant=_constant
)


def encode(value: Any) -> bytes:
    """Write a value that `parse` returned as canonical JSON.

    Raises InvalidJson for nesting beyond MAX_DEPTH.
    """
    try:
        line = orjson.dumps(value, default=_spell, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits, a lone surrogate, or nesting beyond orjson's 254
        return encode_exactly(value)
    if line.count(b"{") + line.count(b"[") > MAX_DEPTH:
        _refuse_deep_value(value)
    if not line.isascii() and _key_order_may_differ(line):
        return encode_exactly(value)
    return line


def _key_order_may_differ(line: bytes) -> bool:
    """UTF-8 and UTF-16 order differ only where U+E000 to U+FFFF (EE, EF) meets astral characters (F0 to F4)."""
    return (b"\xee" in line or b"\xef" in line) and any(lead in line for lead in _ASTRAL_LEADS)


_ASTRAL_LEADS = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")


def _refuse_deep_value(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise InvalidJson(_too_deep())


def _children(item: Any) -> list[Any]:
    children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return [child for child in children if isinstance(child, (dict, list))]


def encode_exactly(value: Any) -> bytes:
    """The slow writer, for any JSON value: RFC 8785 section 3.2 as written, plus the two extensions."""
    _refuse_deep_value(value if isinstance(value, (dict, list)) else [value])
    # backslashreplace writes a lone surrogate as \ud83d: the extension, and the only thing UTF-8 refuses.
    return _text(value).encode("utf-8", errors="backslashreplace")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return rfc8785.dumps(float(value)).decode()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{_text(name)}:{_text(member)}" for name, member in members) + "}"


def write(value: Any) -> bytes:
    """Write a value as JSON for an answer: keys in the order given where possible, nothing lost."""
    try:
        return orjson.dumps(value, default=_spell)
    except TypeError:
        return encode_exactly(value)
