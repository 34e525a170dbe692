"""Ids: UUIDv7 that only ever grow, and their two spellings."""

from __future__ import annotations

import string
from itertools import pairwise
from uuid import RFC_4122, UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from affidavit.core import ids
from affidavit.core.ids import Mint

NOW = 1_790_000_000_000
ENTROPY = bytes(range(8))
identities = st.binary(min_size=16, max_size=16)


def assert_valid(identity: bytes) -> None:
    """By Python's own reading of RFC 9562."""
    uuid = UUID(bytes=identity)
    assert uuid.version == 7
    assert uuid.variant == RFC_4122


def test_an_id_is_a_uuid_of_its_millisecond_and_its_entropy() -> None:
    (identity,) = Mint().ids(1, NOW, b"\xff" * 8)
    assert_valid(identity)
    assert int.from_bytes(identity[:6], "big") == NOW
    (other,) = Mint().ids(1, NOW, ENTROPY)
    assert other[:6] == identity[:6]
    assert other != identity


steps = st.tuples(
    st.integers(1, 40), st.integers(NOW - 5, NOW + 5), st.sampled_from([b"\0" * 8, b"\xff" * 8, ENTROPY, b"\x7f" * 8])
)


@settings(max_examples=300)
@given(st.lists(steps, min_size=1, max_size=12), st.booleans())
def test_ids_grow_whatever_the_clock_does(turns: list[tuple[int, int, bytes]], restarts: bool) -> None:
    """Clock forth and back, entropy all ones and all zeros, and a new mint that goes on after the last id."""
    mint, minted = Mint(), [b""]
    for count, now_ms, entropy in turns:
        fresh = mint.ids(count, now_ms, entropy)
        assert len(fresh) == count
        minted += fresh
        if restarts:
            mint = Mint(minted[-1])
    assert all(before < after for before, after in pairwise(minted))
    for identity in minted[1:]:
        assert_valid(identity)
    texts = [ids.ulid_text(identity) for identity in minted[1:]]
    assert texts == sorted(texts), "ULIDs sort as their ids do"


@settings(max_examples=300)
@given(identities, st.integers(0, 2**48 - 2))
def test_a_mint_goes_on_after_any_id(last: bytes, now_ms: int) -> None:
    """Even after one of another make: the version and variant bits may be anything."""
    last = (min(int.from_bytes(last[:6], "big"), 2**48 - 2)).to_bytes(6, "big") + last[6:]
    uuid7 = UUID(bytes=last).int & ~(0xF << 76) & ~(3 << 62) | 7 << 76 | 2 << 62
    first, second = Mint(last).ids(2, now_ms, ENTROPY)
    assert uuid7.to_bytes(16, "big") < first < second
    assert_valid(first)
    assert_valid(second)


def test_a_mint_goes_on_in_the_millisecond_of_the_last_id() -> None:
    last = Mint().ids(1, NOW, b"\xff" * 8)[0]
    (after,) = Mint(last).ids(1, NOW - 1_000, ENTROPY)
    assert int.from_bytes(after, "big") == int.from_bytes(last, "big") + 1


def test_the_random_part_runs_over_into_the_next_millisecond() -> None:
    full = (NOW << 80 | 7 << 76 | 0xFFF << 64 | 2 << 62 | (2**62 - 1)).to_bytes(16, "big")
    (after,) = Mint(full).ids(1, NOW - 1_000, ENTROPY)
    assert after > full
    assert int.from_bytes(after[:6], "big") == NOW + 1
    assert_valid(after)


def test_a_million_ids_in_one_millisecond() -> None:
    minted = Mint().ids(1_000_000, NOW, b"\xff" * 8)
    assert all(before < after for before, after in pairwise(minted))
    assert {identity[:6] for identity in minted} == {NOW.to_bytes(6, "big")}
    assert_valid(minted[-1])


@given(identities)
@example(b"\0" * 16)
@example(b"\xff" * 16)
def test_both_texts_round_trip_in_either_case(identity: bytes) -> None:
    uuid, ulid = ids.uuid_text(identity), ids.ulid_text(identity)
    assert uuid == str(UUID(bytes=identity))
    assert ulid == crockford(int.from_bytes(identity, "big"))
    for text in (uuid, uuid.upper(), ulid, ulid.lower()):
        assert ids.parse(text) == identity


def crockford(number: int) -> str:
    """Base 32 by its definition: Python's digits 0 to 9, a to v, then Crockford's letters for them."""
    alphabet = [letter for letter in string.digits + string.ascii_uppercase if letter not in "ILOU"]
    digits = ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits = alphabet[digit] + digits
    return digits


UUID_TEXT, ULID_TEXT = "01a0c5a0-0e80-7000-8000-000000000001", "01M325G3M0E008000000000001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        UUID_TEXT[:-1],
        UUID_TEXT + "0",
        UUID_TEXT.replace("-", ""),
        UUID_TEXT.replace("-", "_"),
        "{" + UUID_TEXT + "}",
        UUID_TEXT + "\n",
        " " + UUID_TEXT,
        UUID_TEXT.replace("c", "g"),
        UUID_TEXT.replace("0", "０"),
        ULID_TEXT[:-1],
        ULID_TEXT + "0",
        ULID_TEXT + "\n",
        ULID_TEXT.replace("M", "I"),
        ULID_TEXT.replace("M", "L"),
        ULID_TEXT.replace("M", "O"),
        ULID_TEXT.replace("M", "U"),
        ULID_TEXT.replace("1", "-"),
        "8" + ULID_TEXT[1:],
        "Z" * 26,
        ULID_TEXT[:-1] + "ſ",
        "0" * 24 + "ß",
        "0" * 25 + "ß",
        ULID_TEXT.replace("0", "０"),
    ],
)
def test_no_other_text_is_an_id(text: str) -> None:
    assert ids.parse(UUID_TEXT) is not None
    assert ids.parse(ULID_TEXT) is not None
    assert ids.parse(text) is None


@given(st.text(max_size=40))
def test_any_text_is_an_id_or_none(text: str) -> None:
    found = ids.parse(text)
    assert found is None or text.upper() in (ids.uuid_text(found).upper(), ids.ulid_text(found))
