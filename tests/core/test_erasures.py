"""What the ledger says that it erased, held against what is erased: who is told, and who is not told twice."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.core.erasures import Erasures, named
from affidavit.core.ids import uuid_text
from affidavit.model import own
from tests.core.ledgers import CHAINS, chain_of, ledger

ENTRIES, _ = ledger()
FIRST, SECOND, *_ = chain_of(ENTRIES, "a")


def erased(entry: Entry) -> Entry:
    """As it is after its erasure."""
    return replace(entry, salt=b"", payload=b"", agent=None, session=None, type="", severity=None, time=entry.at)


def said(*entries: Entry, position: int = 90, **members: Any) -> Entry:
    """An entry of the ledger's own that names these."""
    payload = {"entries": [uuid_text(entry.id) for entry in entries], "type": "erasure"} | members
    return replace(
        FIRST, position=position, chain=own.CHAIN, id=bytes([position]) * 16, payload=canonical.encode(payload)
    )


def codes(entries: list[Entry], counted: dict[bytes, int] | None = None) -> list[tuple[str, int | None]]:
    """The problems of a ledger of these entries. `counted`: what the store says of its chains; rightly, unless told."""
    erasures = Erasures(own.CHAIN)
    for entry in entries:
        erasures.check(entry)
    there = {entry.id: entry for entry in entries}
    problems = erasures.problems(there.get, dict(erasures.counts) if counted is None else counted)
    return [(problem.code, problem.position) for problem in problems]


def test_erased_and_said_so() -> None:
    assert codes([erased(FIRST), SECOND, said(FIRST)]) == []
    assert codes([FIRST, SECOND]) == []


def test_said_twice() -> None:
    assert codes([erased(FIRST), said(FIRST), said(FIRST, position=91)]) == []


def test_nobody_says_so() -> None:
    """Told once, also where the store has not counted it."""
    expected = [("erasure-unauthorised", FIRST.position)]
    assert codes([erased(FIRST), SECOND]) == expected
    assert codes([erased(FIRST), SECOND], counted={}) == expected


def test_an_erasure_of_the_ledgers_own_entry_is_none() -> None:
    mine = said(FIRST)
    assert codes([erased(FIRST), erased(mine), said(mine, position=91)]) == [
        ("erasure-unauthorised", FIRST.position),
        ("erasure-unauthorised", 90),
    ]


def test_hollow_and_undone() -> None:
    assert codes([FIRST, said(FIRST)]) == [("erasure-hollow", FIRST.position)]
    assert codes([FIRST, said(FIRST)], counted={CHAINS["a"]: 1}) == [("erasure-undone", FIRST.position)]
    assert codes([SECOND, said(FIRST)]) == [("erasure-hollow", 90)]


def test_a_count_that_is_wrong() -> None:
    assert codes([erased(FIRST), said(FIRST)], counted={CHAINS["a"]: 2}) == [("head-mismatch", None)]
    assert codes([erased(FIRST), said(FIRST)], counted={}) == [("head-mismatch", None)]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[",
        b"[]",
        b'{"type":"erasure"}',
        b'{"entries":7,"type":"erasure"}',
        b'{"entries":[7,"x"],"type":"erasure"}',
    ],
)
def test_what_names_nobody(payload: bytes) -> None:
    assert named(replace(said(), payload=payload)) == []
    assert codes([FIRST, replace(said(), payload=payload or b"{}")]) == []


@pytest.mark.parametrize("kind", ["hold", "heads", "", None, 7])
def test_only_erasures_erase(kind: Any) -> None:
    assert named(said(FIRST, type=kind)) == []
    assert named(said(FIRST)) == [FIRST.id]


def test_whether_they_agree() -> None:
    erasures = Erasures(own.CHAIN)
    assert erasures.agree
    erasures.check(erased(FIRST))
    assert not erasures.agree
    erasures.check(said(FIRST))
    assert erasures.agree
    erasures.check(said(SECOND))
    assert not erasures.agree
