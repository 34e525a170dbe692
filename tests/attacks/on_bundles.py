"""Attacks on a bundle by whoever has it in hand, or made it. What `affidavit verify FILE` says: docs/attacks.md."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256

from affidavit.core.bundle import Scope
from affidavit.core.ids import uuid_text
from affidavit.model import own
from tests.attacks.scene import OTHER, Brought, Grown, grown, select
from tests.evidence import cases
from tests.evidence.cases import ALL, ONE, Members
from tests.evidence.test_failures import Change, both, drop, lines, patch, replaced, swap

Attack = Callable[[], Brought]
AGENT = Scope("agent", dialect="agentlens", name="one")
CHAIN = (0, 1, 3, 7)
"""Where the entries of chain "one" lie."""


def whole(change: Change) -> Attack:
    """The bundle of the whole ledger is changed."""
    return lambda: grown().brought(ALL, change)


def one(change: Change) -> Attack:
    """The bundle of one chain is changed."""
    return lambda: grown().brought(ONE, change)


def made_without(scope: Scope, *left_out: int, heads: bool = True, complete: bool = False) -> Attack:
    """Whoever makes the bundle leaves entries out of it."""

    def attack() -> Brought:
        ground = grown()

        def change(members: Members) -> None:
            select(members, ground.ledger, set(left_out))
            if not heads:
                del members["heads"]

        return ground.brought(scope, change, complete=complete)

    return attack


def field(name: bytes, new: bytes) -> Attack:
    """A field of the header at position 1 is another."""
    return whole(patch("headers", rb'(\n1 .*?"%s":)("[^"]*"|\d+)' % name, rb"\g<1>" + new))


def exchanged(first: int, second: int) -> Attack:
    """Two entries change places; positions stay where they are."""

    def edit(found: list[bytes]) -> None:
        one_, other = found[first].partition(b" "), found[second].partition(b" ")
        found[first], found[second] = one_[0] + b" " + other[2], other[0] + b" " + one_[2]

    return whole(both(lines("headers", edit), lines("payloads", swap(first, second))))


def put_in(members: Members, of: Members) -> None:
    """The entries of chain "one" are those of another bundle of a whole ledger."""
    for name in ("headers", "payloads"):
        theirs = of[name].splitlines(keepends=True)
        ours = members[name].splitlines(keepends=True)
        members[name] = b"".join(theirs[at] if at in CHAIN else line for at, line in enumerate(ours))


def chain_of(other: Callable[[], Grown]) -> Attack:
    """Chain "one" of another ledger in the place of ours."""
    return whole(lambda members: put_in(members, cases.members_of(other().ledger.bundle(ALL))))


def replay(members: Members) -> None:
    """The first entry once more, in the place of another chain's."""
    for name in ("headers", "payloads"):
        found = members[name].splitlines(keepends=True)
        found[8] = b"8 " + found[0].partition(b" ")[2] if name == "headers" else found[0]
        members[name] = b"".join(found)


def interior_as_entry(members: Members) -> None:
    """The node above two entries, whose preimage is their hashes, is offered as one entry."""
    found = members["headers"].splitlines(keepends=True)
    hashes = [sha256(b"\0" + line[2:-1]).digest() for line in found[:2]]
    members["headers"] = b"0 " + b"".join(hashes).replace(b"\n", b"") + b"\n" + b"".join(found[2:])
    members["payloads"] = members["payloads"].partition(b"\n")[2]


def entry_as_interior(members: Members) -> None:
    """Two entries are left out, and the hash of the first is offered for the node above them."""
    found = members["headers"].splitlines(keepends=True)
    members["nodes"] = sha256(b"\0" + found[0][2:-1]).hexdigest().encode() + b"\n"
    members["headers"] = b"".join(found[2:])
    members["payloads"] = members["payloads"].split(b"\n", 2)[2]


def splice(members: Members) -> None:
    """The entry at 8, of another chain, is given out as the next of chain "one", with number and link that fit."""
    found = members["headers"].splitlines(keepends=True)
    before = sha256(b"\0" + found[7][2:-1]).hexdigest().encode()
    moved = re.sub(b'"chain":"[^"]*"', b'"chain":"%s"' % ONE.chain.hex().encode(), found[8])
    moved = re.sub(b'"prev":"[^"]*"', b'"prev":"%s"' % before, moved)
    found[8] = re.sub(b'"seq":[0-9]+', b'"seq":5', moved)
    members["headers"] = b"".join(found)


def emptied(at: int) -> Change:
    """A payload goes, as in an erasure."""
    return lines("payloads", lambda found: found.__setitem__(at, b"erased\n"))


def erased(change: Change) -> Attack:
    """On a ledger that has erased entry 1."""

    def attack() -> Brought:
        ground = grown()
        ground.ledger.erase(ground.ledger.store.scan(1, 1)[0])
        ground.ledger.seal()
        return ground.brought(ALL, change)

    return attack


def hollow() -> Brought:
    """The ledger says that it erased entry 1, whose payload is there."""
    ground = grown()
    named = {"authority": "a", "entries": [uuid_text(ground.ledger.store.scan(1, 1)[0].id)], "reason": "r"}
    ground.ledger.submit(own.submission("erasure", named, ground.ledger.now))
    ground.ledger.seal()
    return ground.brought(ALL)._replace(honest=grown().ledger.bundle(ALL))


def put_back(members: Members) -> None:
    """The payload that was erased, from an older bundle."""
    older = cases.members_of(grown().ledger.bundle(ALL))
    members["payloads"] = members["payloads"].replace(b"erased\n", older["payloads"].splitlines(keepends=True)[1])


def earlier(change: Change) -> Attack:
    """A bundle with an earlier checkpoint in it."""

    def attack() -> Brought:
        ground = grown()
        honest = ground.ledger.bundle(ONE, earlier=[ground.first])
        members = cases.members_of(honest)
        change(members)
        return Brought(cases.auditor(ground.ledger), cases.packed(members), honest)

    return attack


def renamed(members: Members) -> None:
    """The name in the archive says another size than the signed note in it."""
    for kind in ("checkpoint", "consistency"):
        members[f"earlier/6/{kind}"] = members.pop(f"earlier/7/{kind}")


BUNDLES: dict[str, Attack] = {
    "A byte of a payload": whole(replaced("payloads", b'"n":2', b'"n":9')),
    "A byte of a salt": whole(patch("payloads", b"^0", b"1")),
    "Header field `at`": field(b"at", b"1790000001000001"),
    "Header field `by`": field(b"by", b'"key_2"'),
    "Header field `chain`": field(b"chain", b'"%s"' % (b"0" * 32)),
    "Header field `dialect`": field(b"dialect", b'"pecta"'),
    "Header field `id`": field(b"id", b'"01a0c450-6fe8-7000-8000-000000000000"'),
    "Header field `payload`": field(b"payload", b'"%s"' % (b"0" * 64)),
    "Header field `prev`": field(b"prev", b'"%s"' % (b"0" * 64)),
    "Header field `seq`": field(b"seq", b"3"),
    "Header field `v`": field(b"v", b"2"),
    "Payloads swapped between entries": whole(lines("payloads", swap(0, 1))),
    "A payload silently removed": whole(emptied(1)),
    "An erasure recorded and not done (hollow)": hollow,
    "An erasure undone": erased(put_back),
    "The erasure itself emptied": erased(emptied(10)),
    "The first entry of a chain cut out": one(both(lines("headers", drop(0)), lines("payloads", drop(0)))),
    "The first entry left out by who made the bundle": made_without(ONE, 0),
    "A middle entry left out by who made the bundle": made_without(ONE, 1),
    "The last entry left out by who made the bundle": made_without(ONE, 7),
    "The last entry left out, and `heads` too": made_without(ONE, 7, heads=False),
    "The last entry left out, and `heads` too, where `--complete` is demanded": made_without(
        ONE, 7, heads=False, complete=True
    ),
    "An entry left out of an agent's, and `heads` too": made_without(AGENT, 1, heads=False),
    "A whole chain left out of a bundle of all": made_without(ALL, 2, 8),
    "A part presented as all": made_without(ALL, 7, 8, 9, heads=False),
    "Two entries of a chain change places": exchanged(0, 1),
    "Two entries of different chains change places": exchanged(1, 2),
    "An entry replayed": whole(replay),
    "An entry spliced in from another chain, relinked": whole(splice),
    "A chain transplanted from another ledger": chain_of(lambda: grown(OTHER)),
    "A payload changed, and its chain hashed and linked anew": chain_of(lambda: grown(second=9)),
    "An interior node offered as an entry": whole(interior_as_entry),
    "An entry offered as an interior node": whole(entry_as_interior),
    "A node of the proof changed": one(patch("nodes", b"^.", b"e")),
    "A node of the proof left out": one(lines("nodes", drop(0))),
    "A node of the proof too many": one(lines("nodes", lambda found: found.append(found[0]))),
    "Nodes of the proof change places": one(lines("nodes", swap(0, 1))),
    "A head changed": one(patch("heads", b'"head":"....', b'"head":"0000')),
    "A consistency proof mangled": earlier(lines("earlier/7/consistency", swap(0, 1))),
    "An unsigned count: `entries` in `bundle.json`": whole(replaced("bundle.json", b'"entries":10', b'"entries":9')),
    "An unsigned size: the name of an earlier checkpoint": earlier(renamed),
    "The signed size changed": whole(patch("checkpoint", b"\n10\n", b"\n11\n")),
    "A position beyond the signed size": whole(patch("headers", b"\n9 ", b"\n10 ")),
    "An unsigned origin: `bundle.json`": whole(replaced("bundle.json", b"test.example", b"best.example")),
    "A note without a signature": whole(patch("checkpoint", b"\n\n(?s:.*)", b"\n\n")),
    "A note with a line after its signatures": whole(patch("checkpoint", rb"\Z", b"and more\n")),
    "A line more in the signed text": whole(patch("checkpoint", b"\n\n", b"\nmore\n\n")),
}
