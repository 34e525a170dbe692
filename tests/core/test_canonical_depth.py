"""Nesting: the same limit on both paths, to the level, whatever else a document has in it."""

from __future__ import annotations

import pytest

from affidavit.core import canonical
from affidavit.core.canonical import MAX_BODY_DEPTH, MAX_DEPTH
from affidavit.errors import InvalidJson

BOTH = pytest.mark.parametrize("parse", [canonical.parse, canonical.parse_exactly], ids=["fast", "exact"])


def nested(kind: str, levels: int, core: bytes = b"") -> bytes:
    """`levels` arrays, objects, or both by turns, one in the other."""
    opening, closing = {"arrays": (b"[", b"]"), "objects": (b'{"a":', b"}"), "both": (b'[{"a":', b"}]")}[kind]
    times = levels // 2 if kind == "both" else levels
    if kind == "objects" and not core:
        return opening * (times - 1) + b"{}" + closing * (times - 1)
    return opening * times + (core or (b"0" if kind == "both" else b"")) + closing * times


@BOTH
@pytest.mark.parametrize("kind", ["arrays", "objects", "both"])
@pytest.mark.parametrize("levels", [2, 126, 128, 130, 132, 254, 256, 1_000, 10_000, 100_000])
def test_depth(parse: object, kind: str, levels: int) -> None:
    assert callable(parse)
    raw = nested(kind, levels)
    if levels > MAX_BODY_DEPTH:
        with pytest.raises(InvalidJson, match="nest at most 128 levels"):
            parse(raw)
        return
    value = parse(raw)
    for encode in (canonical.encode, canonical.encode_exactly):
        if levels > MAX_DEPTH:
            with pytest.raises(InvalidJson, match="nest at most 128 levels"):
                encode(value)
        else:
            assert encode(value) == raw
    assert canonical.write(value) == raw


@BOTH
@pytest.mark.parametrize("core", [b"0", b"1e-9", b'"\\ud83d"', b"1" * 30, '{"\ue000":0,"😀":0}'.encode(), b""])
@pytest.mark.parametrize("padding", [b"", b"[" * 150, b"[" * 5_000], ids=["small", "brackets", "large"])
def test_the_limit_is_the_same_to_the_level(parse: object, core: bytes, padding: bytes) -> None:
    """Whatever makes a document take the slow path; and brackets in texts do not count."""
    assert callable(parse)
    inner = 1 if core.startswith(b"{") else 0

    def body(levels: int) -> bytes:
        return b'["' + padding + b'",' + nested("arrays", levels - 1 - inner, core) + b"]"

    parse(body(MAX_BODY_DEPTH))
    canonical.encode(parse(body(MAX_DEPTH)))
    with pytest.raises(InvalidJson, match="nest at most"):
        parse(body(MAX_BODY_DEPTH + 1))
    with pytest.raises(InvalidJson, match="nest at most"):
        canonical.encode(parse(body(MAX_DEPTH + 1)))


def test_an_envelope_does_not_count_against_the_event() -> None:
    deepest = nested("objects", MAX_DEPTH)
    (event,) = canonical.parse(b'{"events":[' + deepest + b"]}")["events"]
    assert canonical.encode(event) == deepest
    with pytest.raises(InvalidJson, match="nest at most"):
        canonical.parse(b'{"events":[' + nested("objects", MAX_DEPTH + 1) + b"]}")


@pytest.mark.parametrize("raw", [b"[" * 1_000_000, b'{"a":' * 500_000, b"[" * 140, b'[{"":' * 70])
def test_brackets_that_never_close_are_refused(raw: bytes) -> None:
    with pytest.raises(InvalidJson):
        canonical.parse(raw)


def test_an_answer_may_wrap_the_deepest_event() -> None:
    event = nested("arrays", MAX_DEPTH, b'"\\ud83d"')
    answer = {"z": {"entries": [{"payload": canonical.parse(event)}]}, "a": 1}
    assert canonical.write(answer) == b'{"z":{"entries":[{"payload":' + event + b'}]},"a":1}'
