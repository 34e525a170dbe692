"""What is no bundle is refused with exit code 2, under a code of its own, and never with a traceback."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

from affidavit.core import ids
from affidavit.core.archive import File, archive
from affidavit.core.entry import payload_commitment
from affidavit.core.signing import signed_note
from affidavit.model import own
from tests.evidence import cases
from tests.evidence.cases import ONE, ORIGIN, Members

Build = Callable[[Members], bytes]


def member(name: str, content: bytes | Callable[[bytes], bytes]) -> Build:
    """One member is another."""

    def build(members: Members) -> bytes:
        members[name] = content if isinstance(content, bytes) else content(members[name])
        return cases.packed(members)

    return build


def without(name: str) -> Build:
    """One member is missing."""
    return lambda members: cases.packed({key: value for key, value in members.items() if key != name})


def bent(old: bytes, new: bytes) -> Build:
    """The file's bytes are edited, its length stays."""

    def build(members: Members) -> bytes:
        whole = cases.packed(members)
        assert old in whole
        assert len(old) == len(new)
        return whole.replace(old, new)

    return build


def added(name: str, content: bytes = b"") -> Build:
    """A member more, at the end."""
    return lambda members: cases.packed(members | {name: content})


def files(*more: File) -> Build:
    """Members more, at the end, with any names."""
    return lambda members: b"".join(
        archive([*[File(n, iter([c]) if n in cases.STREAMED else c) for n, c in members.items()], *more])
    )


def end(at: int, new: bytes) -> Build:
    """Bytes of the end record, counted from the end of the file."""

    def build(members: Members) -> bytes:
        whole = cases.packed(members)
        return whole[:at] + new + whole[len(whole) + at + len(new) :]

    return build


def record(at: int, new: bytes, name: bytes = b"nodes") -> Build:
    """Bytes of a member's record in the directory."""

    def build(members: Members) -> bytes:
        whole = cases.packed(members)
        start = whole.rindex(b"PK\1\2", 0, whole.rindex(name)) + at
        return whole[:start] + new + whole[start + len(new) :]

    return build


def claims(**fields: Any) -> Build:
    """Another bundle.json."""
    good = {"entries": 6, "format": "affidavit-bundle/1", "origin": ORIGIN, "scope": {"kind": "all"}}
    return member("bundle.json", cases.canonical.encode(good | fields) + b"\n")


SEED = bytes([1]) * 32
NOTE = signed_note(b"text\n", ORIGIN, SEED)

CONTAINERS: dict[str, Build] = {
    "nothing": lambda members: b"",
    "few bytes": lambda members: b"PK\5\6" + bytes(18),
    "no ZIP": lambda members: b"x" * 1_000,
    "cut short": lambda members: cases.packed(members)[:-1],
    "something before": lambda members: b"\0" + cases.packed(members),
    "something after": lambda members: cases.packed(members) + b"\0",
    "something between": lambda members: cases.packed(members).replace(b"PK\1\2", b"\0PK\1\2", 1),
    "a comment": end(-2, b"\1\0"),
    "another number of members": end(-14, b"\1\0\1\0"),
    "many members": end(-14, struct.pack("<HH", 311, 311)),
    "a directory elsewhere": end(-6, b"\0\0\0\0"),
    "a directory beyond 4 GiB that is not": end(-6, b"\xff\xff\xff\xff"),
    "a large directory": end(-10, struct.pack("<I", 70_000)),
    "a missing member": without("nodes"),
    "an unknown member": added("virus.exe"),
    "a path": files(File("../../etc/passwd", b"")),
    "a name with a blank": files(File("heads nodes", b"")),
    "a name twice": files(File("checkpoint", b"")),
    "another order": lambda members: cases.packed(dict(sorted(members.items()))),
    "compressed": record(10, b"\x08"),
    "encrypted": record(8, b"\x09"),
    "another size": record(20, b"\1\0\0\0\1\0\0\0"),
    "a size of 4 GiB": record(20, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
    "an offset elsewhere": record(42, b"\1"),
    "another check sum in the directory": record(16, b"\1\1"),
    "no record": record(0, b"XX"),
    "another name in the local header": bent(b"nodes\1\0\x10\0", b"Nodes\1\0\x10\0"),
    "another descriptor": bent(b"PK\7\x08", b"PK\7\x09"),
    "earlier of size 0": lambda members: cases.packed(_earlier(members, 0)),
    "earlier of the same size": lambda members: cases.packed(
        _earlier(members, 10) | {"earlier/10/checkpoint": members["checkpoint"]}
    ),
    "earlier without a proof": added("earlier/1/checkpoint"),
    "earlier that does not ascend": lambda members: cases.packed(_earlier(_earlier(members, 2), 1)),
    "too many earlier": lambda members: cases.packed(_many(members)),
    "keys from 2 on": added("keys/2", NOTE),
    "a large README": member("bundle.json", b" " * (64 << 10) + b" "),
}


def _earlier(members: Members, size: int) -> Members:
    return members | {f"earlier/{size}/checkpoint": b"", f"earlier/{size}/consistency": b""}


def _many(members: Members) -> Members:
    for size in range(1, 102):
        members = _earlier(members, size)
    return members


CLAIMS: dict[str, Build] = {
    "no JSON": member("bundle.json", b"{"),
    "depth": member("bundle.json", b"[" * 60_000),
    "a huge integer": member("bundle.json", b"9" * 60_000 + b"\n"),
    "a list": member("bundle.json", b"[]\n"),
    "no line end": member("bundle.json", lambda content: content[:-1]),
    "two lines": member("bundle.json", lambda content: content + content),
    "a blank": member("bundle.json", lambda content: content.replace(b":", b": ", 1)),
    "a field twice": member("bundle.json", lambda content: content.replace(b'"origin"', b'"entries":6,"origin"')),
    "a missing field": member("bundle.json", b'{"entries":6}\n'),
    "a field more": claims(more=1),
    "another format": claims(format="affidavit-bundle/2"),
    "entries that are no number": claims(entries="6"),
    "entries that are true": claims(entries=True),
    "entries that are a fraction": member("bundle.json", lambda content: content.replace(b":6,", b":6.0,")),
    "entries below 0": claims(entries=-1),
    "entries beyond 2^53": claims(entries=2**53),
    "NaN": member("bundle.json", lambda content: content.replace(b":6,", b":NaN,")),
    "an origin that is no text": claims(origin=1),
    "half a surrogate pair": member("bundle.json", lambda content: content.replace(b"test.", b"\\ud800.")),
    "no scope": claims(scope=None),
    "a scope that is a text": claims(scope="all"),
    "an unknown scope": claims(scope={"kind": "some"}),
    "a kind that is no text": claims(scope={"kind": ["all"]}),
    "an unknown scope with a field": claims(scope={"kind": "everything", "?": 1}),
    "a kind that is no text, with a field": claims(scope={"kind": ["all"], "?": 1}),
    "a field of the scope more": claims(scope={"kind": "all", "chain": "0" * 32}),
    "a scope without its field": claims(scope={"kind": "chain"}),
    "a scope of another type": claims(scope={"kind": "range", "from": "now"}),
    "a chain that is none": claims(scope={"kind": "chain", "chain": "0" * 31}),
}

NOTES: dict[str, Build] = {
    "no note": member("checkpoint", b"text\n"),
    "no signature": member("checkpoint", lambda content: content.partition(b"\n\n")[0] + b"\n\n"),
    "not UTF-8": member("checkpoint", lambda content: content + b"\xff\n"),
    "a control character": member("checkpoint", lambda content: content.replace(b"test", b"te\tt")),
    "a line more": member("checkpoint", lambda content: content + b"more\n"),
    "no line end": member("checkpoint", lambda content: content[:-1]),
    "101 signatures": member("checkpoint", lambda content: content + content.split(b"\n\n")[1] * 100),
    "a signature that is no base 64": member("checkpoint", lambda content: content[:-3] + b"A==\n"),
    "a signature of 4 bytes": member("checkpoint", lambda content: content + "— w AAAAAA==\n".encode()),
    "a name with a plus": member("checkpoint", lambda content: content + "— w+w AAAAAAAA\n".encode()),
    "no checkpoint": member("checkpoint", NOTE),
    "a size of 0": member("checkpoint", lambda content: content.replace(b"\n10\n", b"\n0\n")),
    "a size of 010": member("checkpoint", lambda content: content.replace(b"\n10\n", b"\n010\n")),
    "a size beyond 2^53": member("checkpoint", lambda content: content.replace(b"\n10\n", b"\n9007199254740992\n")),
    "an extension": member("checkpoint", lambda content: content.replace(b"\n\n", b"\nmore\n\n")),
    "a root of 31 bytes": member("checkpoint", lambda content: content.replace(b"=\n\n", b"\n\n")),
    "a root with loose bits": member("checkpoint", lambda content: _loose(content)),
    "a rotation that is none": added("keys/1", NOTE),
    "a rotation to a witness": added(
        "keys/1", signed_note(f"{ORIGIN}\nsigner\n{cases.Witness(ORIGIN, 4).key}\n".encode(), ORIGIN, SEED)
    ),
    "a rotation of another ledger": added(
        "keys/1", signed_note(f"other\nsigner\n{cases.Ledger().key}\n".encode(), ORIGIN, SEED)
    ),
    "earlier that is no note": lambda members: cases.packed(_earlier(members, 1)),
    "earlier of another size": lambda members: cases.packed(
        _earlier(members, 1) | {"earlier/1/checkpoint": cases.usual().seal().note}
    ),
}


def _loose(content: bytes) -> bytes:
    """The last letter of the base 64 before `=` changes in bits that mean nothing."""
    at = content.index(b"\n\n") - 2
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return content[:at] + bytes([alphabet[alphabet.index(content[at]) ^ 1]]) + content[at + 1 :]


LINES: dict[str, tuple[str, Build]] = {
    "a line that does not end": ("nodes", member("nodes", b"0" * 64)),
    "a line of 3 MiB": ("payload", member("payloads", b"0" * (3 << 20) + b"\n")),
    "a line of 3 MiB that does not end": ("header", member("headers", b"0" * (3 << 20))),
    "no header": ("header", member("headers", b"\n")),
    "no entry": ("header", lambda members: cases.packed(members | {"headers": b"", "payloads": b""})),
    "a blank in a header": ("header", member("headers", lambda content: content.replace(b",", b", ", 1))),
    "a position with a zero": ("header", member("headers", lambda content: b"0" + content)),
    "a position twice": ("header", member("headers", lambda content: content.replace(b"\n1 ", b"\n0 "))),
    "a position beyond the size": ("header", member("headers", lambda content: content.replace(b"\n9 ", b"\n10 "))),
    "a time beyond 2^53": (
        "header",
        member("headers", lambda content: content.replace(b'"at":1790000001000000', b'"at":9790000001000000', 1)),
    ),
    "a number beyond 2^53": (
        "header",
        member("headers", lambda content: content.replace(b'"seq":4', b'"seq":9790000001000000')),
    ),
    "a version": ("header", member("headers", lambda content: content.replace(b'"v":1', b'"v":2', 1))),
    "a payload missing": ("payload", member("payloads", lambda content: content.partition(b"\n")[2])),
    "a payload more": ("payload", member("payloads", lambda content: content + b"erased\n")),
    "a salt in capitals": ("payload", member("payloads", lambda content: b"A" + content[1:])),
    "a short salt": ("payload", member("payloads", lambda content: content[1:])),
    "an erased payload in capitals": (
        "payload",
        member("payloads", lambda content: content.replace(b"erased", b"Erased")),
    ),
    "a node in capitals": ("nodes", member("nodes", lambda content: b"A" + content[1:])),
    "a short node": ("nodes", member("nodes", lambda content: content[1:])),
    "a consistency proof that is none": (
        "nodes",
        lambda members: cases.packed(
            _earlier(members, 1) | {"earlier/1/checkpoint": _first(), "earlier/1/consistency": b"x\n"}
        ),
    ),
    "a consistency proof that does not end": (
        "nodes",
        lambda members: cases.packed(
            _earlier(members, 1) | {"earlier/1/checkpoint": _first(), "earlier/1/consistency": b"0" * 64}
        ),
    ),
    "heads without a position": ("heads", member("heads", lambda content: content.partition(b"\n")[2])),
    "heads that are empty": ("heads", member("heads", b"")),
    "heads without an empty line": ("heads", member("heads", lambda content: content.partition(b"\n\n")[0] + b"\n")),
    "a blank in a head": ("heads", member("heads", lambda content: content.replace(b",", b", ", 1))),
    "an index beyond the chains": ("heads", member("heads", lambda content: content.replace(b"\n2 ", b"\n4 "))),
    "a head twice": (
        "heads",
        member("heads", lambda content: content.replace(b"\n\n", b"\n" + content.split(b"\n")[1] + b"\n\n")),
    ),
    "a node of heads in capitals": ("heads", member("heads", lambda content: content[:-2] + b"A\n")),
}


def _first() -> bytes:
    """A checkpoint of one entry."""
    ledger = cases.Ledger()
    ledger.record("one", {"n": 1})
    return ledger.seal().note


TABLE = (
    [(f"container: {name}", "container", build) for name, build in CONTAINERS.items()]
    + [(f"claims: {name}", "claims", build) for name, build in CLAIMS.items()]
    + [(f"note: {name}", "note", build) for name, build in NOTES.items()]
    + [(f"line: {name}", code, build) for name, (code, build) in LINES.items()]
)


@pytest.fixture(scope="module")
def one() -> tuple[cases.Auditor, Members]:
    """An auditor, and the members of a bundle of one chain."""
    ledger = cases.usual()
    ledger.seal()
    return cases.auditor(ledger), cases.members_of(ledger.bundle(ONE))


@pytest.mark.parametrize(("name", "code", "build"), TABLE, ids=[name for name, _, _ in TABLE])
def test_malformed(one: tuple[cases.Auditor, Members], name: str, code: str, build: Build) -> None:
    auditor, members = one
    assert auditor.codes(cases.packed(dict(members))) == (0, [])
    report = auditor.report(build(dict(members)))
    assert (report.exit, report.problems[-1]["code"]) == (2, code), report.problems
    assert (report.proven, report.asserted, report.not_proven) == ([], [], [])


@pytest.mark.parametrize("held", [b"", b"text\n", NOTE, b"x" * 70_000])
def test_what_the_auditor_holds_is_no_evidence(one: tuple[cases.Auditor, Members], held: bytes) -> None:
    auditor, members = one
    for brought in ({"held": [held]}, {"receipts": [held]}):
        report = cases.Auditor(auditor.keys, **brought).report(cases.packed(members))
        assert (report.exit, [problem["code"] for problem in report.problems]) == (2, ["note"])


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 60_000,
        b'{"type":["erasure"]}',
        b'{"entries":[7,[],"x"],"type":"erasure"}',
        b'{"type":"erasure"}',
        b"null",
        b"\xff",
    ],
)
def test_what_the_ledger_itself_recorded_may_be_anything(payload: bytes) -> None:
    """Then it erases nothing. With the payload that it had, it names an entry whose payload is here."""
    ledger = cases.Ledger()
    (entry,) = ledger.record("one", {"n": 1})
    named = {"entries": [ids.uuid_text(entry.id)]}
    (said,) = ledger.submit(own.submission("erasure", named, ledger.now))
    for recorded, expected in ((said.payload, (1, ["erasure-undone"])), (payload, (0, []))):
        other = cases.Ledger()
        other.record("one", {"n": 1})
        other.submit(own.submission("erasure", named, other.now))
        other.forge(1, payload=recorded, commitment=payload_commitment(said.salt, recorded), type="")
        other.seal()
        assert cases.auditor(other).codes(other.bundle(cases.ALL)) == expected
