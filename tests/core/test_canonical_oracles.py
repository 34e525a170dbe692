"""Canonical bytes against others' work: the rfc8785 package, the RFC's own vectors, ECMAScript's rules written anew."""

from __future__ import annotations

import json
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.errors import InvalidJson
from tests.core.documents import documents

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "rfc8785-jcs"
SURROGATES = st.characters(categories=["Cs"])
CHARACTERS = st.one_of(
    st.characters(categories=["Cc", "L", "N", "P", "S", "Zs", "Zl", "Co"]),
    SURROGATES,
    st.characters(min_codepoint=0xE000),
)


def vectors() -> Path:
    """The folder of public vectors that may lie beside the repository."""
    if not VECTORS.is_dir():
        pytest.skip(f"the public vectors are not in {VECTORS}")
    return VECTORS


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_vectors_of_rfc_8785(name: str) -> None:
    folder = vectors()
    raw = (folder / "input" / f"{name}.json").read_bytes()
    line = (folder / "output" / f"{name}.json").read_bytes()
    assert line == bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text())
    assert canonical.encode(canonical.parse(raw)) == line
    assert canonical.encode_exactly(canonical.parse_exactly(raw)) == line


def test_ten_thousand_numbers_as_ecmascript_spells_them() -> None:
    """Lines of `bits of the double in hex,its spelling`."""
    lines = (vectors() / "es6numbers_10000.txt").read_text().split()
    assert len(lines) == 10_000
    for line in lines:
        bits, spelling = line.split(",")
        (number,) = struct.unpack(">d", bytes.fromhex(bits.zfill(16)))
        assert canonical.encode(canonical.parse(f"{number!r}".encode())) == spelling.encode()
        assert canonical.encode(canonical.parse(spelling.encode())) == spelling.encode()


@settings(max_examples=600)
@given(documents())
def test_where_rfc8785_takes_a_document_the_bytes_are_its_bytes(raw: bytes) -> None:
    doubled = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal doubled
        doubled |= len(dict(pairs)) < len(pairs)
        return dict(pairs)

    value = json.loads(raw, object_pairs_hook=members)
    if doubled:  # the package does not see these, nor what they hide
        with pytest.raises(InvalidJson):
            canonical.parse(raw)
        return
    try:
        expected = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        assume(False)  # a big integer, an infinity or a lone surrogate: outside its domain
    assert canonical.encode(canonical.parse(raw)) == expected


def spelled_by_ecmascript(number: float) -> str:
    """Number::toString (ECMA-262, section 6.1.6.1.20), step by step, from the shortest digits that round-trip."""
    if number == 0:
        return "0"
    if number < 0:
        return "-" + spelled_by_ecmascript(-number)
    parts = Decimal(repr(number)).as_tuple()
    digits = "".join(map(str, parts.digits)).rstrip("0")
    k = len(digits)
    n = len(parts.digits) + int(parts.exponent)
    if k <= n <= 21:
        return digits + "0" * (n - k)
    if 0 < n <= 21:
        return digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return "0." + "0" * -n + digits
    sign, exponent = "+" if n > 0 else "-", str(abs(n - 1))
    return digits[0] + ("." + digits[1:] if k > 1 else "") + "e" + sign + exponent


@settings(max_examples=3_000)
@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.floats(1e-8, 1e-4), st.floats(1e14, 1e22)))
@example(2.0**53)
@example(2.0**53 + 2)
@example(9999999999999998.0)
@example(1e16)
@example(1e21)
@example(1e-5)
@example(9.999999999999999e-6)
def test_numbers_are_spelled_by_ecmascripts_rules(number: float) -> None:
    expected = spelled_by_ecmascript(number).encode()
    for spelling in (repr(number), f"{number:.17e}", f"{number:.17E}"):
        assert canonical.encode(canonical.parse(spelling.encode())) == expected
    assert canonical.encode_exactly(number) == expected


@settings(max_examples=1_000)
@given(st.integers(-(10**1000) + 1, 10**1000 - 1))
def test_integers_keep_every_digit(number: int) -> None:
    line = str(number).encode()
    assert canonical.parse(line) == number
    assert canonical.encode(number) == line


def spelled_by_stringify(text: str) -> str:
    """QuoteJSONString (ECMA-262, section 25.5.2.2), written from its table."""
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    written = [
        short.get(letter, f"\\u{ord(letter):04x}" if letter < " " or 0xD800 <= ord(letter) <= 0xDFFF else letter)
        for letter in text
    ]
    return '"' + "".join(written) + '"'


def units(text: str) -> list[int]:
    """The UTF-16 code units of a text."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return [raw[at] | raw[at + 1] << 8 for at in range(0, len(raw), 2)]


def joined(text: str) -> str:
    """A high and a low surrogate beside each other are one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@settings(max_examples=1_000)
@given(st.text(CHARACTERS).map(joined))
def test_texts_are_spelled_by_ecmascripts_rules(text: str) -> None:
    line = spelled_by_stringify(text).encode()
    escaped = '"' + "".join(f"\\u{unit:04X}" for unit in units(text)) + '"'
    for raw in (line, json.dumps(text).encode(), escaped.encode()):
        assert canonical.parse(raw) == text
        assert canonical.encode(canonical.parse(raw)) == line


@settings(max_examples=1_000)
@given(st.dictionaries(st.text(CHARACTERS, max_size=3).map(joined), st.integers(), min_size=2, max_size=6))
def test_keys_are_in_the_order_of_their_utf_16_code_units(members: dict[str, Any]) -> None:
    line = canonical.encode(canonical.parse(json.dumps(members).encode()))
    assert list(canonical.parse(line)) == sorted(members, key=units)
    inside = canonical.encode(canonical.parse(json.dumps([{"": members}, "\ue000"]).encode()))
    assert inside == b'[{"":' + line + b'},"\xee\x80\x80"]'
