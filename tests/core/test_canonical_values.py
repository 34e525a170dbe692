"""How many values a document may have: more are refused before they are read, for reading holds everybody else up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from affidavit.core import canonical
from affidavit.core.canonical import MAX_VALUES
from affidavit.errors import InvalidJson

AT_LIMIT = b"[" + b"1," * (MAX_VALUES - 1) + b"1]"
OVER = {
    "numbers": AT_LIMIT[:-1] + b",1]",
    "arrays": b"[" + b"[]," * (MAX_VALUES // 2) + b"[]]",
    "objects": b"[" + b"{}," * (MAX_VALUES // 2) + b"{}]",
    "members": b"{" + b'"":0,' * MAX_VALUES + b'"":0}',
}


class Reader:
    """Reads as msgspec does, and counts."""

    def __init__(self, decode: Callable[[bytes], Any]) -> None:
        self._decode = decode
        self.documents = 0

    def decode(self, raw: bytes) -> Any:
        self.documents += 1
        return self._decode(raw)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """In the place of the real one."""
    counting = Reader(canonical._decoder.decode)
    monkeypatch.setattr(canonical, "_decoder", counting)
    return counting


def test_at_the_limit_a_document_is_read(reader: Reader) -> None:
    assert len(canonical.parse(AT_LIMIT)) == MAX_VALUES
    assert reader.documents == 1


@pytest.mark.parametrize("raw", OVER.values(), ids=OVER)
def test_beyond_it_is_refused_and_not_read(reader: Reader, raw: bytes) -> None:
    with pytest.raises(InvalidJson, match=f"more than {MAX_VALUES} values: send fewer events at once"):
        canonical.parse(raw)
    assert reader.documents == 0


def test_a_body_full_of_small_events_is_far_from_it() -> None:
    event = b'{"agent_id":"agent-1","action_type":"TOOL_CALL","metadata":{"tool":"search","arguments":{"limit":10}}}'
    body = b"[" + b",".join([event] * ((16 << 20) // (len(event) + 1))) + b"]"
    assert len(canonical.parse(body)) > 100_000
    assert sum(body.count(mark) for mark in (b",", b"[", b"{")) < 0.7 * MAX_VALUES
