"""The fast path and the exact path are one: same values, same bytes, same refusals, for every input there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.errors import InvalidJson
from tests.core.documents import damaged, documents, same, strings

MANY = settings(max_examples=600)


def outcome(function: Callable[[Any], Any], argument: Any) -> tuple[bool, Any]:
    """(True, value) or (False, None): InvalidJson is a refusal, anything else is a fault that ends the test."""
    try:
        return True, function(argument)
    except InvalidJson:
        return False, None


def assert_paths_agree(raw: bytes) -> None:
    fast, exact = outcome(canonical.parse, raw), outcome(canonical.parse_exactly, raw)
    assert same(list(fast), list(exact))
    if not fast[0]:
        return
    value = fast[1]
    line = canonical.encode(value)
    assert line == canonical.encode_exactly(value)
    again = canonical.parse(line)
    assert canonical.encode(again) == line, "canonical JSON is its own canonical form"
    assert canonical.parse(canonical.write(value)) == again, "what is written for an answer loses nothing"


@MANY
@given(documents())
@example(b'{"a":1,"\\u0061":2}')
@example(b'{"\\u003a":1,"\\u003a":2}')
@example(b'{":":{"a":1,"a":2}}')
@example(b'{"a":":","a":"\\u003a:"}')
@example(b'{"a":"\\u003A","a":0}')
@example(b'{"a" : 1 , "a" :":"}')
@example(b'["\\\\u003a",{"b":1,"b":2}]')
@example('{"\ue000":1,"😀":2}'.encode())
@example('{"a":"，","b":"😀"}'.encode())
@example(b'{"\\ud83d":1,"\\ud83d":2}')
@example(b"[9007199254740994.0,9.5e15,1e16,123456789012345678e0]")
@example(b"-0.0")
def test_well_spelled_documents(raw: bytes) -> None:
    assert_paths_agree(raw)


@MANY
@given(damaged())
def test_damaged_documents(raw: bytes) -> None:
    assert_paths_agree(raw)


@settings(max_examples=2_000)
@given(st.one_of(st.binary(), st.text().map(str.encode), st.text(alphabet='{}[]:,"\\u01e-.').map(str.encode)))
def test_any_bytes_give_a_value_or_a_refusal(raw: bytes) -> None:
    assert_paths_agree(raw)


@settings(max_examples=100)
@given(st.lists(documents(), min_size=1, max_size=5), st.integers(0, 3))
def test_bodies_too_large_to_count_their_brackets(events: list[bytes], padding: int) -> None:
    """Beyond 4 KiB another test of the fast reader applies."""
    filler = b'"' + b"[" * (2_000 * padding) + b'"'
    assert_paths_agree(b'{"events":[' + b",".join([*events, filler]) + b"]}")


@settings(max_examples=500)
@given(st.lists(strings(), unique=True, min_size=2, max_size=6), st.data())
def test_a_duplicate_key_is_found_however_it_is_spelled(literals: list[str], data: st.DataObject) -> None:
    """One key twice, the second time with other escapes, anywhere among others and at any depth."""
    key = data.draw(st.sampled_from(["a", "a:b", ":", "é", "😀", "\x00", "\\u003a", "\ud83d"]))
    # JSON writes what is beyond 16 bits as two escapes; a lone surrogate is one already.
    units = key.encode("utf-16-be", "surrogatepass").hex()
    escaped = '"' + "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)) + '"'
    plain = canonical.encode(key).decode()
    members = [f"{literal}:1" for literal in literals]
    members.insert(data.draw(st.integers(0, len(members))), f'{plain}:{{"x":":"}}')
    members.append(f"{escaped}:2")
    raw = "{" + ",".join(members) + "}"
    for _ in range(data.draw(st.integers(0, 3))):
        raw = f'[0,{{"k":{raw}}}]'
    for parse in (canonical.parse, canonical.parse_exactly):
        with pytest.raises(InvalidJson, match=r"duplicate key .* send each key once"):
            parse(raw.encode())


ORDINARY = [
    b'{"url":"http://127.0.0.1:7600/v1/events?a=b","at":"2026-02-08T10:00:00.000Z"}',
    b'{"text":"a\\nb\\t\\"c\\" \\\\ \\u00e9 \\u2028","n":[0,-1,1.5,-0.25,1e3,18446744073709551615,1e-9,1e300]}',
    '{"text":"你好，世界 😀","emoji":"👩‍💻","accents":"Ünïcödé"}'.encode(),
    '{"名":1,"é":2}'.encode(),
    b"[" + b"{}," * 200 + b"[]]",
    b"[" * 128 + b"]" * 128,
    b'{"events":[' + b",".join([b'{"a":{"b":{"c":[1,2,{"d":null}]}}}'] * 1_000) + b"]}",
]


@pytest.mark.parametrize("raw", ORDINARY, ids=range(len(ORDINARY)))
def test_ordinary_documents_take_the_fast_path(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_: Any) -> None:
        raise AssertionError("the exact path was taken")

    for name in ("parse_exactly", "encode_exactly", "write_exactly"):
        monkeypatch.setattr(canonical, name, slow)
    value = canonical.parse(raw)
    assert canonical.encode(value)
    assert canonical.write(value)
