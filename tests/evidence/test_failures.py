"""What somebody changed is found, under the code that docs/formats/bundle.md has for it: exit code 1."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from affidavit.core.bundle import Scope
from tests.evidence import cases
from tests.evidence.cases import ALICE, ALL, ONE, Ledger, Members

Change = Callable[[Members], None]


def replaced(name: str, old: bytes, new: bytes) -> Change:
    """Every `old` in a member becomes `new`."""

    def change(members: Members) -> None:
        assert old in members[name]
        members[name] = members[name].replace(old, new)

    return change


def lines(name: str, edit: Callable[[list[bytes]], Any]) -> Change:
    """A member's lines, edited in place."""

    def change(members: Members) -> None:
        found = members[name].splitlines(keepends=True)
        edit(found)
        members[name] = b"".join(found)

    return change


def both(*changes: Change) -> Change:
    """One after the other."""

    def change(members: Members) -> None:
        for each in changes:
            each(members)

    return change


def swap(first: int, second: int) -> Callable[[list[bytes]], None]:
    """Two lines change places."""

    def edit(found: list[bytes]) -> None:
        found[first], found[second] = found[second], found[first]

    return edit


def drop(at: int) -> Callable[[list[bytes]], Any]:
    """A line goes."""
    return lambda found: found.pop(at)


def without_entry(at: int, count: int) -> Change:
    """An entry is cut out, and the claim is made to fit."""
    claim = replaced("bundle.json", b'"entries":%d' % count, b'"entries":%d' % (count - 1))
    return both(lines("headers", drop(at)), lines("payloads", drop(at)), claim)


def patch(name: str, pattern: bytes, new: bytes) -> Change:
    """The first match of a pattern becomes `new`."""

    def change(members: Members) -> None:
        before = members[name]
        members[name] = re.sub(pattern, new, before, count=1)
        assert members[name] != before

    return change


ONES: dict[str, tuple[Change, list[str]]] = {
    "a byte of a payload": (replaced("payloads", b'"n":7', b'"n":9'), ["payload-mismatch"]),
    "a byte of a salt": (patch("payloads", b"^0", b"1"), ["payload-mismatch"]),
    "payloads swapped": (lines("payloads", swap(0, 1)), ["payload-mismatch"]),
    "a payload silently removed": (
        lines("payloads", lambda found: found.__setitem__(0, b"erased\n")),
        ["erasure-missing"],
    ),
    "an erasure emptied": (
        lines("payloads", lambda found: found.__setitem__(3, b"erased\n")),
        ["erasure-missing"],
    ),
    "an erasure named another": (
        replaced("payloads", b"01a0c450-77b8", b"01a0c450-77b9"),
        ["erasure-missing", "payload-mismatch"],
    ),
    "an erased payload invented": (
        replaced("payloads", b"erased\n", b"0" * 32 + b" {}\n"),
        ["payload-mismatch", "erasure-undone"],
    ),
    "at": (patch("headers", b'"at":1790000001', b'"at":1790000000'), ["link-broken", "root-mismatch"]),
    "at, backwards": (
        patch("headers", b'"at":1790000003', b'"at":1790000000'),
        ["time-backwards", "link-broken", "root-mismatch"],
    ),
    "by": (patch("headers", b'"by":"key_1"', b'"by":"key_2"'), ["link-broken", "root-mismatch"]),
    "dialect": (patch("headers", b'"agentlens"', b'"pecta"'), ["link-broken", "root-mismatch"]),
    "id": (patch("headers", b"01a0c450-6fe8", b"01a0c450-6fe9"), ["link-broken", "root-mismatch"]),
    "payload": (
        patch("headers", b'"payload":"7', b'"payload":"8'),
        ["payload-mismatch", "link-broken", "root-mismatch"],
    ),
    "prev": (patch("headers", b'"prev":"d', b'"prev":"e'), ["link-broken", "root-mismatch"]),
    "seq": (
        patch("headers", b'"seq":1,', b'"seq":3,'),
        ["sequence-broken", "root-mismatch", "scope-incomplete", "heads-mismatch"],
    ),
    "position": (patch("headers", b"\n3 ", b"\n4 "), ["root-mismatch"]),
    "the first entry": (without_entry(0, 6), ["root-mismatch", "scope-incomplete", "heads-mismatch"]),
    "a middle entry": (without_entry(1, 6), ["root-mismatch", "scope-incomplete", "heads-mismatch"]),
    "the last entry": (without_entry(4, 6), ["root-mismatch", "heads-mismatch"]),
    "the erasure": (without_entry(3, 6), ["erasure-missing", "root-mismatch"]),
    "the heads entry": (without_entry(5, 6), ["root-mismatch", "heads-mismatch"]),
    "headers swapped": (
        lines("headers", lambda found: found.__setitem__(slice(0, 2), [b"0" + found[1][1:], b"1" + found[0][1:]])),
        ["payload-mismatch", "sequence-broken", "root-mismatch", "scope-incomplete", "heads-mismatch"],
    ),
    "a node changed": (patch("nodes", b"^5", b"6"), ["root-mismatch"]),
    "a node left out": (lines("nodes", drop(0)), ["root-mismatch"]),
    "a node added": (lines("nodes", lambda found: found.append(found[0])), ["root-mismatch"]),
    "nodes swapped": (lines("nodes", swap(0, 1)), ["root-mismatch"]),
    "a head changed": (patch("heads", b'"head":"8', b'"head":"9'), ["heads-mismatch"]),
    "a head's number": (patch("heads", b'"seq":4', b'"seq":3'), ["heads-mismatch"]),
    "a head's index": (patch("heads", b"\n2 ", b"\n1 "), ["heads-mismatch"]),
    "a head's chain": (patch("heads", b'"chain":"6', b'"chain":"7'), ["heads-mismatch"]),
    "a node of heads changed": (patch("heads", b"\n\n1", b"\n\n2"), ["heads-mismatch"]),
    "a node of heads left out": (lines("heads", drop(3)), ["heads-mismatch"]),
    "heads of another entry": (patch("heads", b"^9", b"6"), ["heads-mismatch"]),
    "heads of a foreign entry": (patch("heads", b"^9", b"7"), ["heads-mismatch"]),
    "heads of no entry": (patch("heads", b"^9", b"8"), ["heads-mismatch"]),
    "the claim of entries": (replaced("bundle.json", b'"entries":6', b'"entries":7'), ["count-mismatch"]),
    "the claim of a chain": (
        patch("bundle.json", b'"chain":"6', b'"chain":"7'),
        ["scope-foreign", "scope-incomplete"],
    ),
    "the claim of an origin": (replaced("bundle.json", b"test.example", b"best.example"), ["origin-mismatch"]),
    "presented as all": (
        patch("bundle.json", b'"scope":.*}}', b'"scope":{"kind":"all"}}'),
        ["scope-incomplete"],
    ),
    "presented as another dialect's": (
        patch("bundle.json", b'"scope":.*}}', b'"scope":{"dialect":"pecta","kind":"agent","name":"one"}}'),
        ["scope-foreign"],
    ),
    "presented as of later": (
        patch("bundle.json", b'"scope":.*}}', b'"scope":{"from":1790000002000000,"kind":"range"}}'),
        ["scope-foreign"],
    ),
    "presented as of earlier": (
        patch("bundle.json", b'"scope":.*}}', b'"scope":{"kind":"range","to":1790000002000000}}'),
        ["scope-foreign"],
    ),
    "the size signed": (patch("checkpoint", b"\n10\n", b"\n11\n"), ["signature-invalid", "root-mismatch"]),
    "the root signed": (
        patch("checkpoint", b"\nYFs", b"\nYFt"),
        ["signature-invalid", "root-mismatch"],
    ),
    "the origin signed": (
        patch("checkpoint", b"^test.example", b"best.example"),
        ["origin-mismatch", "signature-invalid", "link-broken"],
    ),
    "the signature": (patch("checkpoint", b"[^ ]{12}=\n$", b"A" * 12 + b"=\n"), ["signature-invalid"]),
    "the name of the key": (
        patch("checkpoint", "— test.example".encode(), "— best.example".encode()),
        ["signature-missing"],
    ),
    "the id of the key": (patch("checkpoint", b" Uxpc5", b" Vxpc5"), ["signature-missing"]),
}


@pytest.mark.parametrize("attack", ONES)
def test_a_bundle_of_one_chain(attack: str) -> None:
    ledger = cases.usual()
    ledger.seal()
    members = cases.members_of(ledger.bundle(ONE))
    change, expected = ONES[attack]
    before = dict(members)
    change(members)
    assert members != before
    report = cases.auditor(ledger).report(cases.packed(members))
    assert (report.exit, {problem["code"] for problem in report.problems}) == (1, set(expected))
    assert (report.proven, report.asserted, report.not_proven) == ([], [], [])


def undone(ledger: Ledger) -> bytes:
    """A payload that was erased is put back from a copy."""
    kept = cases.usual().store.entry_at(3)
    whole = cases.Ledger()
    whole.record("one", {"n": 1, "agent": "ann"}, {"n": 2, "agent": "ben"})
    whole.record("two", {"n": 3, "agent": "ann"}, workspace=cases.BOB)
    (before,) = whole.record("one", {"n": 4, "agent": "ann", "secret": "blue"})
    assert kept is not None
    assert before.commitment == kept.commitment
    line = before.salt.hex().encode() + b" " + before.payload + b"\n"
    return cases.changed(ledger.bundle(ALL), "payloads", lambda content: content.replace(b"erased\n", line))


def test_erasure_undone() -> None:
    ledger = cases.usual()
    ledger.seal()
    assert cases.auditor(ledger).codes(undone(ledger)) == (1, ["erasure-undone"])


FORGED: dict[str, tuple[int, dict[str, Any], list[str]]] = {
    "a number twice": (1, {"seq": 1}, ["sequence-broken", "link-broken", "scope-incomplete", "heads-mismatch"]),
    "a number left out": (3, {"seq": 4}, ["sequence-broken", "scope-incomplete", "heads-mismatch"]),
    "a broken link": (1, {"prev": bytes(32)}, ["link-broken"]),
    "a first entry of another ledger": (0, {"prev": bytes(32)}, ["link-broken"]),
    "a time that runs backwards": (3, {"at": cases.START}, ["time-backwards", "link-broken"]),
    "an entry of another chain": (5, {"chain": ONE.chain}, ["sequence-broken", "scope-incomplete", "heads-mismatch"]),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_the_holder_of_the_key_signs_what_is_no_chain(forgery: str) -> None:
    ledger = cases.usual()
    position, fields, expected = FORGED[forgery]
    ledger.forge(position, **fields)
    ledger.seal()
    report = cases.auditor(ledger).report(ledger.bundle(ALL))
    assert (report.exit, {problem["code"] for problem in report.problems}) == (1, set(expected))


def test_an_entry_replayed() -> None:
    ledger = cases.usual()
    ledger.seal()
    members = cases.members_of(ledger.bundle(ALL))
    for name, at in (("headers", b"10"), ("payloads", b"")):
        first = members[name].splitlines(keepends=True)[0]
        members[name] += at + first[1:] if at else first
    report = cases.auditor(ledger).report(cases.packed(members))
    assert (report.exit, report.problems[0]["code"]) == (2, "header")


def test_a_chain_missing_from_a_full_export() -> None:
    ledger = cases.usual()
    ledger.seal()
    members = cases.members_of(ledger.bundle(Scope("all")))
    kept = [line for line in members["headers"].splitlines(keepends=True) if ONE.chain.hex().encode() not in line]
    places = {int(line.split(b" ")[0]) for line in kept}
    payloads = members["payloads"].splitlines(keepends=True)
    members["headers"] = b"".join(kept)
    members["payloads"] = b"".join(line for at, line in enumerate(payloads) if at in places)
    exit_code, codes = cases.auditor(ledger).codes(cases.packed(members))
    assert exit_code == 1
    assert set(codes) == {"root-mismatch", "scope-incomplete", "count-mismatch", "heads-mismatch"}


def test_a_bundle_of_another_ledger_under_the_same_name() -> None:
    ledger, other = cases.usual(), cases.usual(seed=2)
    ledger.seal()
    other.seal()
    assert other.key.split("+")[0] == ledger.key.split("+")[0]
    assert cases.auditor(ledger).codes(other.bundle(ALL)) == (1, ["signature-missing"])


def test_no_key_of_this_name() -> None:
    ledger, other = cases.usual(), cases.usual("other.example/ledger")
    ledger.seal()
    other.seal()
    assert cases.auditor(ledger).codes(other.bundle(ALL)) == (1, ["origin-mismatch", "signature-missing"])


def test_every_problem_is_counted_and_a_hundred_are_listed() -> None:
    ledger = Ledger()
    ledger.record("one", *[{"n": n} for n in range(150)], workspace=ALICE)
    ledger.seal()
    bundle = cases.changed(ledger.bundle(ALL), "payloads", lambda content: content.replace(b'"n"', b'"m"'))
    report = cases.auditor(ledger).report(bundle)
    assert (report.exit, report.problems_total, len(report.problems)) == (1, 150, 100)
    assert [problem["position"] for problem in report.problems] == list(range(100))


def test_a_number_left_out_of_a_chain_that_no_heads_speak_of() -> None:
    ledger = Ledger()
    ledger.record("one", {"n": 1}, {"n": 2}, {"n": 3})
    ledger.forge(2, seq=4)
    ledger.seal()
    assert cases.auditor(ledger).codes(ledger.bundle(ALL)) == (1, ["scope-incomplete"])
