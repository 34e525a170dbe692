"""JSON documents as a hostile client may spell them, for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PIECES = (
    "a", "b", ":", '\\"', "\\\\", "\\/", "\\n", "\\u000a", "\\u0000", "\x7f", "{", "]", ",", " ",
    "\\u0061", "\\u003a", "\\u003A", "\\\\u003a", "\\u003", "\\\\\\u003a",
    "é", "\\u00e9", "€", "\ue000", "\\uE000", "\ufb33", "\uffff", "，", "😀", "\U0010ffff", "𐀀",
    "\\ud83d", "\\uDE02", "\\ud83d\\ude02", "\\ude02\\ud83d", "\\ud83d\\u0041", "\\uDBFF\\uDFFF",
)  # fmt: skip
"""Parts of a string as it is spelled between quotes; some of them are wrong alone (`\\u003`)."""

WELL_FORMED_PIECES = tuple(piece for piece in PIECES if piece != "\\u003")

_NUMBER = r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?"
EDGE_NUMBERS = (
    "0", "-0", "-0.0", "0.0", "1.0", "1e0", "1E+2", "1e21", "1e20", "1e16", "1e15", "123456789012345680000", "1e-7",
    "1e-6", "0.000001", "0.0000099999", "1e-5", "9.999999999999999e-6", "5e-324", "2e-324", "1e-400", "0e999999999",
    "1.7976931348623157e308", "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740992.0",
    "9007199254740994.0", "9999999999999998.0", "9999999999999998.5", "9.5e15", "10000000000000002.0",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "18446744073709551615", "18446744073709551616", "12345678901234567890", "333333333.33333329", "4.35", "1e23",
)  # fmt: skip

numbers = st.one_of(
    st.sampled_from(EDGE_NUMBERS),
    st.from_regex(_NUMBER, fullmatch=True),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers().map(str),
)
blanks = st.sampled_from(["", "", "", " ", "\n", "\t\r "])


def strings(pieces: tuple[str, ...] = WELL_FORMED_PIECES) -> st.SearchStrategy[str]:
    """String literals, quotes and all."""
    return st.lists(st.sampled_from(pieces), max_size=4).map(lambda parts: '"' + "".join(parts) + '"')


def documents(pieces: tuple[str, ...] = WELL_FORMED_PIECES) -> st.SearchStrategy[bytes]:
    """JSON texts; keys repeat often. With `WELL_FORMED_PIECES` only numbers and duplicate keys are left to refuse."""
    texts = strings(pieces)
    leaves = st.one_of(numbers, texts, st.sampled_from(["null", "true", "false"]))

    def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        items = st.tuples(blanks, inner, blanks).map("".join)
        members = st.tuples(blanks, texts, blanks, st.just(":"), items).map("".join)
        return st.one_of(
            st.lists(items, max_size=5).map(lambda found: "[" + ",".join(found) + "]"),
            st.lists(members, max_size=5).map(lambda found: "{" + ",".join(found) + "}"),
        )

    return st.recursive(leaves, containers, max_leaves=12).map(lambda text: text.encode())


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A document of which some bytes were replaced, removed, inserted or doubled."""
    raw = bytearray(draw(documents(PIECES)))
    for _ in range(draw(st.integers(1, 3))):
        start, end = sorted((draw(st.integers(0, len(raw))), draw(st.integers(0, len(raw)))))
        inserted = draw(st.sampled_from([b"", bytes(raw[start:end]), *(bytes([byte]) for byte in _DAMAGE)]))
        where = slice(start, start if draw(st.booleans()) else min(end, start + 2))
        raw[where] = inserted
    return bytes(raw)


_DAMAGE = b'{}[],:"\\u0129eE+-. \x00\x1f\x7f\xff\xed\xa0\xc3\xef\xbb\xbftfnN'


def same(left: Any, right: Any) -> bool:
    """Equal, of the same types, with keys in the same order."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(map(same, left.values(), right.values()))
    return bool(left == right)
