#!/usr/bin/env python3
"""Verifies a bundle of evidence offline: `python affidavit_verify.py case.affidavit --key <the ledger's verifier key>`.

This one file is the whole verifier. It needs Python 3.11 or later and the package `cryptography` (for Ed25519), imports
nothing else, writes nothing, and never uses the network. It is written from docs/formats/bundle.md of Affidavit.

WHAT IS PROVEN. An entry is a header and a payload. The header is one line of JSON; SHA-256(0x00 | header) is the
entry's hash. The header holds the hash of the entry before it in its chain (`prev`), and a salted hash of the payload
(`payload`). The hashes of all entries of a ledger, in the order of their positions, are the leaves of one Merkle tree
(RFC 6962), and the ledger's key signed the tree's root: that is the checkpoint. So one signature covers every byte of
every entry, and the order of all of them.

WHAT IS IN A BUNDLE. A ZIP file, nothing compressed:

    README.txt      for people, not evidence         headers    "<position> <header>", a line an entry
    bundle.json     what the bundle claims to be     payloads   "<salt> <payload>" or "erased", the same order
    checkpoint      the signed root                  nodes      hashes of the parts of the tree that are not here
    heads           (optional) where chains ended, and the proof that the ledger recorded this
    earlier/...     (optional) earlier checkpoints, and proofs that the tree begins with theirs
    keys/...        (optional) notes in which the ledger's old key names its new one
    timestamp.tsr   (optional) an RFC 3161 time stamp, which this program does not verify

WHAT IS TRUSTED. The keys, the policy, the checkpoints and the receipts that you give on the command line. Nothing in
the bundle is trusted: it may come from whom it accuses.

THE STEPS, numbered as in the code and in docs/formats/bundle.md:

     1 container    8 erasure         15 held checkpoints
     2 claims       9 scope           16 receipts
     3 keys        10 tree            17 quorum of witnesses
     4 checkpoint  11 count           18 age
     5 headers     12 completeness    19 proven complete, if you demand it
     6 chains      13 heads
     7 payloads    14 earlier checkpoints

EXIT CODES. 0 proven. 1 failed: somebody changed something. 2 malformed: this is no bundle, or wrong usage. 3 what is
there is sound, but your policy asks for more.
"""

from __future__ import annotations

import argparse
import binascii
import io
import json
import re
import struct
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import dropwhile, islice
from typing import Any, BinaryIO, NoReturn, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PROVEN, FAILED, MALFORMED, POLICY = 0, 1, 2, 3
STATUS = {PROVEN: "proven", FAILED: "failed", MALFORMED: "malformed", POLICY: "policy"}
POLICY_CODES = {"checkpoint-newer", "checkpoint-unlinked", "quorum", "age", "incomplete"}

FORMAT = "affidavit-bundle/1"
CLAIMS = {"entries", "format", "origin", "scope"}
SCOPES: dict[str, dict[str, type]] = {
    "all": {},
    "chain": {"chain": str},
    "agent": {"dialect": str, "name": str},
    "session": {"dialect": str, "name": str},
    "range": {"from": int, "to": int},  # each may be missing
}
LEDGER_CHAIN = sha256(b"affidavit/chain/v1\0" + bytes(16) + b"affidavit\0" + b"ledger").hexdigest()[:32].encode()
"""The ledger's own chain: where it records heads and erasures. Its workspace salt is 16 zero bytes."""

GREATEST = 2**53 - 1  # of all numbers: JavaScript reads them exactly
SMALL_BYTES = 64 << 10  # of a member that is read at once, and of the ZIP directory
NOTE_BYTES = 1_000_000  # of a note that the auditor holds
LINE_BYTES = (2 << 20) + 1024
MOST_MEMBERS, MOST_EARLIER, MOST_SIGNATURES, MOST_PROBLEMS = 310, 100, 100, 100
BLOCK_BYTES = 1 << 20

NUMBER = r"(?:0|[1-9][0-9]{0,15})"
HEADER = re.compile(
    rb"(0|[1-9][0-9]{0,15}) "
    rb'(\{"at":(0|[1-9][0-9]{0,15}),"by":"[A-Za-z0-9_.-]{1,64}","chain":"([0-9a-f]{32})",'
    rb'"dialect":"([A-Za-z0-9_.-]{1,64})","id":"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",'
    rb'"payload":"([0-9a-f]{64})","prev":"([0-9a-f]{64})","seq":([1-9][0-9]{0,15}),"v":1\})'
)
SALTED = re.compile(rb"([0-9a-f]{32}) ")
HEX_HASH = re.compile(rb"[0-9a-f]{64}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HEAD_LINE = re.compile(
    rb'(0|[1-9][0-9]{0,15}) (\{"chain":"([0-9a-f]{32})","head":"([0-9a-f]{64})","seq":([1-9][0-9]{0,15})\})'
)
MEMBERS = re.compile(
    r"README\.txt bundle\.json checkpoint headers payloads nodes(?: heads)?"
    rf"(?: earlier/({NUMBER})/checkpoint earlier/\1/consistency)*(?: keys/{NUMBER})*(?: timestamp\.tsr)?"
)


class Malformed(Exception):
    """It cannot be read as what it should be. Ends the verification: exit code 2."""

    def __init__(self, code: str, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.position = code, message, position


# ---------------------------------------------------------------------------------------------------------------------
# Step 1. The container. A bundle's ZIP file has one form only, down to the byte: so what lies around the members is
# made here once more from names, sizes and check sums, and compared. There is no room for a gap, an overlap, a second
# directory or a compressed member, and no other program can be made to see another bundle in the same file.
# ---------------------------------------------------------------------------------------------------------------------

STREAMED = ("headers", "payloads", "nodes", "heads")  # written before their sizes were known: a descriptor follows
LINE_CODES = {"headers": "header", "payloads": "payload", "nodes": "nodes", "heads": "heads"}
FULL = 0xFFFFFFFF  # stands for a number that does not fit 32 bits, and is in a ZIP64 field


@dataclass
class Member:
    """One file in the bundle: `size` bytes from `start` on."""

    file: BinaryIO
    name: str
    start: int
    size: int

    def read(self) -> bytes:
        """All of it, where it is small."""
        if self.size > SMALL_BYTES:
            raise Malformed("container", f"{self.name} has {self.size:,} bytes, the limit is {SMALL_BYTES:,}")
        return read_at(self.file, self.start, self.size)

    def lines(self) -> Iterator[bytes]:
        """Its lines without their line feeds. Holds one block and one line in memory."""
        at, end, rest = self.start, self.start + self.size, b""
        while at < end:
            block = read_at(self.file, at, min(BLOCK_BYTES, end - at))
            at += len(block)
            *lines, rest = (rest + block).split(b"\n")
            if max(map(len, (*lines, rest))) > LINE_BYTES:
                raise Malformed(LINE_CODES[self.name], f"{self.name} has a line of more than {LINE_BYTES:,} bytes")
            yield from lines
        if rest:
            raise Malformed(LINE_CODES[self.name], f"the last line of {self.name} does not end")


def read_at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    data = file.read(size)
    if len(data) != size:
        raise Malformed("container", "the file ends early")
    return data


def open_container(file: BinaryIO) -> dict[str, Member]:
    """The members by name."""
    length = file.seek(0, 2)
    end = read_at(file, max(0, length - 98), min(98, length))
    if len(end) < 98 or end[76:80] != b"PK\5\6":
        raise Malformed("container", "this is not a bundle: it does not end as a ZIP file does")
    records, size, start = struct.unpack("<HII", end[86:96])
    if start == FULL:
        (start,) = struct.unpack("<Q", end[48:56])
    if size > SMALL_BYTES or records > MOST_MEMBERS:
        raise Malformed("container", f"it has {records:,} members, or a directory of {size:,} bytes: too many")
    expected = end_bytes(records, size, start)
    if not end.endswith(expected) or start + size + len(expected) != length:
        raise Malformed("container", "the end of the ZIP file is not that of a bundle")
    members = read_directory(file, read_at(file, start, size), start)
    names = " ".join(members)
    if len(members) != records or not MEMBERS.fullmatch(names):
        raise Malformed("container", "its members are not those of a bundle in their order, each once")
    sizes = [int(size) for size in re.findall(r"earlier/(\d+)/checkpoint", names)]
    keys = [int(number) for number in re.findall(r"keys/(\d+)", names)]
    if sizes != sorted(set(sizes)) or 0 in sizes or keys != list(range(1, len(keys) + 1)):
        raise Malformed("container", "earlier checkpoints do not ascend, or keys are not numbered 1, 2, 3, ...")
    if max(len(sizes), len(keys)) > MOST_EARLIER:
        raise Malformed("container", f"it has more than {MOST_EARLIER} earlier checkpoints or keys")
    return members


def read_directory(file: BinaryIO, directory: bytes, end: int) -> dict[str, Member]:
    """The members, which must lie one behind the other from the first byte of the file to `end`."""
    members: dict[str, Member] = {}
    at = offset = 0
    while at < len(directory):
        record = directory[at : at + 46].ljust(46, b"\0")
        crc, size, name_length = struct.unpack("<I4xIH", record[16:30])
        name = directory[at + 46 : at + 46 + name_length]
        if size == FULL:
            (size,) = struct.unpack("<Q", directory[at + 50 + name_length : at + 58 + name_length].ljust(8, b"\0"))
        if not re.fullmatch(rb"[A-Za-z0-9./]{1,64}", name) or offset + size > end:
            raise Malformed(
                "container", f"{printable(name[:64].decode('latin-1'))!r} is no member, or is not all there"
            )
        streamed = name.decode() in STREAMED
        local, descriptor = local_bytes(name, streamed, crc, size), descriptor_bytes(streamed, crc, size)
        expected = record_bytes(name, streamed, crc, size, offset)
        start = offset + len(local)
        if (
            not directory.startswith(expected, at)
            or read_at(file, offset, len(local)) != local
            or read_at(file, start + size, len(descriptor)) != descriptor
        ):
            raise Malformed("container", f"{name.decode()} does not lie in the file as it does in a bundle")
        members[name.decode()] = Member(file, name.decode(), start, size)
        at += len(expected)
        offset = start + size + len(descriptor)
    if offset != end:
        raise Malformed("container", "there is something in the file that is no member")
    return members


def local_bytes(name: bytes, streamed: bool, crc: int, size: int) -> bytes:
    """What lies before a member."""
    if not streamed:
        return struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, crc, size, size, len(name), 0) + name
    extra = struct.pack("<HHQQ", 1, 16, 0, 0)
    return struct.pack("<4s5H3I2H", b"PK\3\4", 45, 8, 0, 0, 33, 0, FULL, FULL, len(name), 20) + name + extra


def descriptor_bytes(streamed: bool, crc: int, size: int) -> bytes:
    """What lies after a member."""
    return struct.pack("<4sIQQ", b"PK\7\10", crc, size, size) if streamed else b""


def record_bytes(name: bytes, streamed: bool, crc: int, size: int, offset: int) -> bytes:
    """What the directory says of a member."""
    wide = [number for number in (size, size, offset) if number >= FULL]
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version, shown = 45 if streamed or wide else 20, min(size, FULL)
    fields = (3 << 8 | 45, version, 8 if streamed else 0, 0, 0, 33, crc, shown, shown, len(name), len(extra), 0, 0, 0)
    return struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields, 0o100644 << 16, min(offset, FULL)) + name + extra


def end_bytes(records: int, size: int, start: int) -> bytes:
    """What lies after the directory."""
    wide = b""
    if start >= FULL:
        wide = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 3 << 8 | 45, 45, 0, 0, records, records, size, start)
        wide += struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1)
    return wide + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, records, records, size, min(start, FULL), 0)


# ---------------------------------------------------------------------------------------------------------------------
# Notes: texts with signatures (C2SP signed-note), verifier keys, checkpoints, and the policy (C2SP tlog-policy).
# ---------------------------------------------------------------------------------------------------------------------

ED25519, COSIGNATURE = 1, 4


@dataclass(frozen=True)
class Key:
    """A verifier key: "<name>+<id, 8 hex>+<base64 of algorithm and public key>"."""

    name: str
    algorithm: int
    public: bytes

    @property
    def identity(self) -> tuple[str, bytes]:
        """What its signature lines carry: its name, and the first 4 bytes of a hash over name, algorithm and key."""
        encoded = self.name.encode("utf-8", "surrogateescape") + b"\n" + bytes([self.algorithm]) + self.public
        return self.name, sha256(encoded).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.identity[1].hex()}"

    def signed(self, text: bytes, signature: bytes) -> bool:
        """Whether this is its signature over a note's text. A witness's has a time before it, which is signed too."""
        if self.algorithm == COSIGNATURE:
            if len(signature) != 72:
                return False
            text = b"cosignature/v1\ntime %d\n" % cosigned_at(signature) + text
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


def cosigned_at(signature: bytes) -> int:
    """When a witness says that it signed: s since 1970."""
    return int.from_bytes(signature[:8], "big")


def parse_key(text: str) -> Key:
    """Raises ValueError, in words, for what is no verifier key of ours."""
    match = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})", text)
    raw = b64decode(match[3]) if match else b""
    if not match or raw[0] not in (ED25519, COSIGNATURE):
        raise ValueError(f"{printable(text)!r} is not an Ed25519 verifier key, <name>+<8 hex>+<base64>")
    key = Key(match[1], raw[0], raw[1:])
    if key.identity[1].hex() != match[2]:
        raise ValueError(f"{printable(text)!r} is damaged: its id is not that of its key")
    return key


@dataclass
class Note:
    """A text, and who is said to have signed it: (name, key id, signature)."""

    data: bytes
    text: bytes
    signatures: list[tuple[str, bytes, bytes]]


def parse_note(data: bytes, what: str) -> Note:
    """The text ends at the last empty line; lines of signatures follow."""
    text, empty, tail = data.rpartition(b"\n\n")
    try:
        lines = tail.decode().split("\n")
        whole = data.decode()
    except UnicodeDecodeError:
        raise Malformed("note", f"{what} is not UTF-8") from None
    if len(data) > NOTE_BYTES or re.search(r"[\x00-\x09\x0b-\x1f]", whole):
        raise Malformed("note", f"{what} has more than {NOTE_BYTES:,} bytes, or control characters")
    if not empty or lines.pop() or not 1 <= len(lines) <= MOST_SIGNATURES:
        raise Malformed("note", f"{what} is not a signed note: a text, an empty line, and 1 to 100 signatures")
    signatures = []
    for line in lines:
        match = re.fullmatch(r"— ([^+\s]+) ([A-Za-z0-9+/]+={0,2})", line)
        try:
            raw = binascii.a2b_base64(match[2], strict_mode=True) if match and len(match[2]) % 4 == 0 else b""
        except ValueError:
            raw = b""
        if not match or len(raw) <= 4:
            raise Malformed("note", f"{what} has a line that is no signature: {printable(line[:200])!r}")
        signatures.append((match[1], raw[:4], raw[4:]))
    return Note(data, text + b"\n", signatures)


@dataclass
class Checkpoint:
    """What a ledger signed: it had `size` entries, and this root over them."""

    note: Note
    origin: str
    size: int
    root: bytes


def parse_checkpoint(data: bytes, what: str) -> Checkpoint:
    """Exactly three lines: origin, size, root in base 64."""
    note = parse_note(data, what)
    match = re.fullmatch(rf"([^\n]+)\n({NUMBER})\n([A-Za-z0-9+/]{{43}}=)\n", note.text.decode())
    root = b64decode(match[3]) if match else b""
    if not match or b64encode(root).decode() != match[3] or not 1 <= int(match[2]) <= GREATEST:
        raise Malformed("note", f"{what} is not a checkpoint of at least one entry: origin, size and root")
    return Checkpoint(note, match[1], int(match[2]), root)


@dataclass
class Policy:
    """Whom the auditor trusts. Groups in the file's order: (how many of its members, the members)."""

    keys: dict[tuple[str, bytes], Key] = field(default_factory=dict)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = "none"

    def trust(self, key: Key) -> None:
        """Raises ValueError where a key of another kind has its name and id."""
        if self.keys.setdefault(key.identity, key) != key:
            raise ValueError(f"two different keys are both {key}: trust only one of them")

    def is_met_by(self, seen: Iterable[str]) -> bool:
        """Whether these witnesses make the quorum."""
        names = set(seen) | {"none"}
        for name, (least, members) in self.groups.items():  # members stand above their groups
            if len(names.intersection(members)) >= least:
                names.add(name)
        return self.quorum in names


def parse_policy(data: bytes, policy: Policy) -> None:
    """Add what the file says. Raises ValueError with the line that is wrong."""
    if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", data) or len(data) > 1 << 20:
        raise ValueError("the policy holds control characters, or more than 1 MiB")
    quorums, used, publics, logs = 0, set[str](), set[bytes](), set[bytes]()
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = line.replace("\t", " ").split()
        known = {*policy.witnesses, *policy.groups}
        match words:
            case []:
                continue
            case [word, *_] if word.startswith("#"):
                continue
            case ["log", text, *url] if len(url) <= 1 and (key := parse_key(text)).algorithm == ED25519:
                if key.public in logs:
                    raise ValueError(f"line {number} of the policy: this public key is in a line above already")
                policy.trust(key)
                logs.add(key.public)
            case ["witness", name, text, *url] if len(url) <= 1 and name not in {*known, "none"}:
                key = parse_key(text)
                if key.algorithm != COSIGNATURE or key.public in publics:
                    raise ValueError(f"line {number} of the policy: the key is not a witness's, or there twice")
                policy.witnesses[name] = key
                publics.add(key.public)
            case ["group", name, least, *members] if name not in {*known, "none"} and known.issuperset(members):
                count = {"any": "1", "all": str(len(members))}.get(least, least)
                if not re.fullmatch("[1-9][0-9]{0,5}", count) or int(count) > len(members):
                    raise ValueError(f"line {number} of the policy: no group of {len(members)} has {least!r} members")
                if used.intersection(members) or len(set(members)) < len(members):
                    raise ValueError(f"line {number} of the policy: a member counts twice")
                used.update(members)
                policy.groups[name] = (int(count), members)
            case ["quorum", name] if name in {*known, "none"} and not quorums:
                policy.quorum, quorums = name, 1
            case _:
                raise ValueError(
                    f"line {number} of the policy is not log, witness, group or quorum: {printable(line)!r}"
                )
    if not quorums:
        raise ValueError("the policy has no quorum line: add `quorum <name>`, or `quorum none`")


# ---------------------------------------------------------------------------------------------------------------------
# The tree (RFC 6962).
# ---------------------------------------------------------------------------------------------------------------------

Leaf = tuple[int, bytes]
"""(position, hash)"""
Item = TypeVar("Item")


def leaf_hash(line: bytes) -> bytes:
    return sha256(b"\0" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def greatest_power_below(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def tree_root(leaves: Iterator[Leaf], nodes: Iterator[bytes], size: int) -> bytes | None:
    """The root of a tree of which some leaves are known, ascending; None where nodes are missing or left over.

    Asks for every leaf, whatever happens, so that all of them are looked at.
    """
    leaf = next(leaves, None)
    missing = False

    def root(start: int, end: int) -> bytes:
        nonlocal leaf, missing
        if leaf is None or leaf[0] >= end:
            node = next(nodes, None)
            missing |= node is None
            return node or bytes(32)
        if end - start == 1:
            found = leaf[1]
            leaf = next(leaves, None)
            return found
        middle = start + greatest_power_below(end - start)
        return node_hash(root(start, middle), root(middle, end))

    found = root(0, size)
    left_over = sum(1 for _ in nodes)
    return None if missing or left_over else found


def is_consistent(old: Checkpoint, new: Checkpoint, proof: list[bytes]) -> bool:
    """Whether the proof shows that the greater tree begins with the smaller one (RFC 6962 section 2.1.2)."""
    nodes = iter(proof)

    def roots(start: int, end: int) -> tuple[bytes, bytes]:
        """The roots, in the old tree and in the new, of the subtree over start .. end-1, which has leaf old.size-1."""
        if end == old.size:  # both have it whole; where it is all of the old tree, its root is known
            whole = old.root if start == 0 else next(nodes)
            return whole, whole
        middle = start + greatest_power_below(end - start)
        if old.size <= middle:
            old_root, left = roots(start, middle)
            return old_root, node_hash(left, next(nodes))
        old_root, right = roots(middle, end)
        left = next(nodes)
        return node_hash(left, old_root), node_hash(left, right)

    try:
        found = roots(0, new.size)
    except StopIteration:
        return False
    return next(nodes, None) is None and found == (old.root, new.root)


def hashes(lines: Iterable[bytes], code: str, what: str) -> Iterator[bytes]:
    """Lines of 64 hex digits as hashes."""
    for line in lines:
        if not HEX_HASH.fullmatch(line):
            raise Malformed(code, f"{what} has a line that is not 64 hex digits")
        yield bytes.fromhex(line.decode())


def until_malformed(items: Iterator[Item], faults: list[Malformed]) -> Iterator[Item]:
    """Items up to a fault, which is kept: what comes before it in the order of the steps is looked at first."""
    try:
        yield from items
    except Malformed as fault:
        faults.append(fault)


# ---------------------------------------------------------------------------------------------------------------------
# The verification.
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Demands:
    """What the auditor brings along. Ages in s; `now` in s since 1970."""

    policy: Policy
    held: list[bytes] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    max_age: int | None = None
    complete: bool = False
    now: int = 0


@dataclass
class Report:
    """What came out. `proven`, `asserted`, `not_proven`: (code, message)."""

    origin: str | None = None
    size: int | None = None
    root: str | None = None
    scope: dict[str, Any] | None = None
    entries: int = 0
    chains: int = 0
    erased: int = 0
    proven: list[tuple[str, str]] = field(default_factory=list)
    asserted: list[tuple[str, str]] = field(default_factory=list)
    not_proven: list[tuple[str, str]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    problems_total: int = 0
    exit: int = PROVEN

    def problem(self, code: str, message: str, position: int | None = None, *notes: Note, exit_code: int = 0) -> None:
        """Note a problem, and what it makes of the whole: malformed before failed before policy."""
        level = exit_code or (POLICY if code in POLICY_CODES else FAILED)
        rank = [PROVEN, POLICY, FAILED, MALFORMED]
        self.exit = max(self.exit, level, key=rank.index)
        self.problems_total += 1
        if len(self.problems) < MOST_PROBLEMS:
            texts = [note.data.decode() for note in notes]
            self.problems.append({"code": code, "message": message, "position": position, "notes": texts})


@dataclass(slots=True)
class Tip:
    """Where a chain stands. `whole`: its entries were number 1, 2, 3, ... `head`: its last below the heads' size."""

    seq: int
    hash: bytes
    at: int
    whole: bool
    head: tuple[int, bytes] | None = None


@dataclass
class Heads:
    """What an entry of type `heads` says, and where it lies. `at`: µs since 1970."""

    position: int
    at: int
    chains: int
    root: bytes
    size: int


@dataclass
class Receipt:
    """A receipt, and the hashes of its entries as they come by."""

    note: Note
    name: str
    count: int
    first: bytes
    last: bytes
    root: bytes
    at: int = -1
    found: list[bytes] = field(default_factory=list)
    ended: bool = False


class Verification:
    """Goes through a bundle once, step by step."""

    def __init__(self, file: BinaryIO, demands: Demands) -> None:
        self.file = file
        self.demands = demands
        self.policy = demands.policy
        self.trusted = dict(demands.policy.keys)  # and those that they hand over to
        self.report = Report()
        self.tips: dict[bytes, Tip] = {}
        self.erasures: dict[bytes, int] = {}  # an entry's id -> the position of the entry that erased it
        self.heads: Heads | None = None
        self.newest_at = 0
        self.completed = False
        self.listed = 0  # chains in `heads`
        self.anchored: list[int] = []  # sizes of checkpoints that the auditor holds, and the tree begins with

    def run(self) -> Report:
        """All steps. Never raises for what is in the bundle."""
        try:
            self.held = [parse_checkpoint(data, "the checkpoint that you hold") for data in self.demands.held]
            self.receipts = [parse_receipt(data) for data in self.demands.receipts]
            self.members = open_container(self.file)  # step 1
            self.read_claims()
            self.follow_keys()
            self.check_checkpoint()
            self.check_entries()
            self.check_completeness()
            self.check_heads()
            self.check_earlier()
            self.check_held()
            self.check_receipts()
            self.check_demands()
        except Malformed as error:
            self.report.problem(error.code, error.message, error.position, exit_code=MALFORMED)
        self.report.chains = len(self.tips)
        if self.report.exit in (PROVEN, POLICY):
            self.conclude()
        return self.report

    # Step 2. Claims: never believed, only compared with what is found.
    def read_claims(self) -> None:
        data = self.members["bundle.json"].read()
        claims = parse_json(data.removesuffix(b"\n"))
        if not isinstance(claims, dict) or set(claims) != CLAIMS or claims["format"] != FORMAT:
            raise Malformed("claims", f"bundle.json is not one of {FORMAT}")
        scope = claims["scope"]
        kind = scope.get("kind") if isinstance(scope, dict) else None
        fields = SCOPES.get(kind) if isinstance(kind, str) else None
        if fields is None:
            raise Malformed("claims", "bundle.json claims a scope of no known kind")
        given = {name: type(value) for name, value in scope.items() if name != "kind"}
        if not given.items() <= fields.items() or (len(given) < len(fields) and kind != "range"):
            raise Malformed("claims", "bundle.json claims a scope that no bundle has")
        if scope["kind"] == "chain" and not re.fullmatch("[0-9a-f]{32}", scope["chain"]):
            raise Malformed("claims", "the chain in bundle.json is not 32 hex digits")
        origin = claims["origin"]
        if type(claims["entries"]) is not int or type(origin) is not str or not re.fullmatch("[!-*,-~]+", origin):
            raise Malformed("claims", "bundle.json has a field of another type, or an origin that no ledger has")
        if canonical(claims) + b"\n" != data:
            raise Malformed("claims", "bundle.json is not one line of canonical JSON")
        self.claims = claims
        self.report.scope = self.scope = scope

    # Step 3. Keys: from the auditor's key to the newest one, each named by the one before.
    def follow_keys(self) -> None:
        self.rotated: dict[Key, Key] = {}
        for name, member in self.members.items():
            if not name.startswith("keys/"):
                continue
            note = parse_note(member.read(), name)
            origin, _, rest = note.text.decode().partition("\n")
            kind, _, encoded = rest.removesuffix("\n").partition("\n")
            try:
                key = parse_key(encoded)
            except ValueError:
                key = Key("", 0, b"")
            if kind != "signer" or key.name != origin or key.algorithm != ED25519:
                raise Malformed("note", f"{name} is not the rotation of a ledger's key")
            signers = self.signers(note, name)
            if any(signer.name == origin for signer in signers) and key.identity not in self.trusted:
                self.trusted[key.identity] = key
                self.rotated[key] = signers[0]

    def signers(self, note: Note, what: str) -> list[Key]:
        """The trusted keys that signed. Notes the problem where one of them did not: its line is there, but wrong."""
        found = []
        for name, identity, signature in note.signatures:
            key = self.trusted.get((name, identity))
            if key is None:
                continue
            if key.signed(note.text, signature):
                found.append(key)
            else:
                self.report.problem("signature-invalid", f"{what}: the signature of {key} is not over this text")
        return found

    def check_signed(self, note: Note, name: str, what: str) -> bool:
        """Whether a trusted key of this name signed, and no signature of a trusted key is wrong."""
        before = self.report.problems_total
        signers = [key for key in self.signers(note, what) if key.name == name and key.algorithm == ED25519]
        if before == self.report.problems_total and not signers:
            who = ", ".join(sorted({f"{by}+{identity.hex()}" for by, identity, _ in note.signatures}))
            self.report.problem("signature-missing", f"{what}: no key that you trust signed it as {name}, only {who}")
        return before == self.report.problems_total

    def check_ours(self, note: Note, origin: str, name: str, what: str) -> bool:
        """Whether a note is of this ledger, and signed by a trusted key of this name: else it is no evidence."""
        if origin != self.checkpoint.origin:
            self.report.problem("origin-mismatch", f"{what} is of {origin}, the checkpoint of {self.checkpoint.origin}")
            return False
        return self.check_signed(note, name, what)

    # Step 4. The checkpoint: everything else is compared with its root.
    def check_checkpoint(self) -> None:
        self.checkpoint = checkpoint = parse_checkpoint(self.members["checkpoint"].read(), "checkpoint")
        report = self.report
        report.origin, report.size, report.root = checkpoint.origin, checkpoint.size, checkpoint.root.hex()
        names = sorted({key.name for key in self.trusted.values()})
        if checkpoint.origin != self.claims["origin"] or checkpoint.origin not in names:
            found = f"the checkpoint is of {checkpoint.origin}, bundle.json of {self.claims['origin']}"
            report.problem("origin-mismatch", f"{found}, your keys are of {', '.join(names)}")
        self.check_signed(checkpoint.note, checkpoint.origin, "checkpoint")
        if any(self.earlier_size(name) >= checkpoint.size for name in self.members):
            raise Malformed("container", "an earlier checkpoint is not smaller than the bundle's")
        self.cosigned: dict[str, int] = {}  # a witness's name in the policy -> when it signed last, s
        witnesses = {key.identity: (name, key) for name, key in self.policy.witnesses.items()}
        for name, identity, signature in checkpoint.note.signatures:
            known, key = witnesses.get((name, identity), ("", None))
            if key is None:
                continue
            if not key.signed(checkpoint.note.text, signature):
                report.problem("signature-invalid", f"checkpoint: the cosignature of {key} is not over this text")
            else:
                self.cosigned[known] = max(self.cosigned.get(known, 0), cosigned_at(signature))

    @staticmethod
    def earlier_size(name: str) -> int:
        """The size in the name of an earlier checkpoint; 0 for other members."""
        match = re.fullmatch(r"earlier/(\d+)/checkpoint", name)
        return int(match[1]) if match else 0

    # Steps 5 to 11. Everything that every entry goes through, in one pass over headers, payloads and nodes.
    def check_entries(self) -> None:
        self.read_own_entries()
        faults: list[Malformed] = []
        nodes = until_malformed(hashes(self.members["nodes"].lines(), "nodes", "nodes"), faults)
        root = tree_root(self.entries(), nodes, self.checkpoint.size)  # step 10
        if faults:
            raise faults[0]
        if root != self.checkpoint.root:
            what = "nodes are missing or left over" if root is None else f"it is {root.hex()}"
            self.report.problem("root-mismatch", f"headers and nodes do not give the checkpoint's root: {what}")
        if self.claims["entries"] != self.report.entries:  # step 11
            message = f"bundle.json claims {self.claims['entries']:,} entries, there are {self.report.entries:,}"
            self.report.problem("count-mismatch", message)

    def read_own_entries(self) -> None:
        """What the ledger itself recorded: which entries it erased, and where chains ended.

        Read before the rest, because an erasure comes after what it erased. That these entries are what the ledger
        recorded is checked with all others.
        """
        wanted = None
        if "heads" in self.members:
            first = next(self.members["heads"].lines(), b"")
            wanted = int(first) if re.fullmatch(NUMBER.encode(), first) else None
            if wanted is None:
                raise Malformed("heads", "heads does not begin with a position")
        mark = b'"chain":"' + LEDGER_CHAIN + b'"'
        pairs = zip(self.members["headers"].lines(), self.members["payloads"].lines(), strict=False)
        for line, payload in until_malformed(pairs, []):  # faults are found again
            if mark not in line or not (match := HEADER.fullmatch(line)) or match[5] != b"affidavit":
                continue
            position = int(match[1])
            recorded = parse_json(payload[33:])
            kind = recorded.get("type") if isinstance(recorded, dict) else None
            named = recorded.get("entries") if kind == "erasure" else None
            for identity in named if isinstance(named, list) else []:
                if isinstance(identity, str) and UUID.fullmatch(identity):
                    self.erasures[identity.encode()] = position
            if kind == "heads" and position == wanted:
                chains, root, size = (recorded.get(name) for name in ("chains", "root", "size"))
                if type(chains) is int and type(size) is int and re.fullmatch("[0-9a-f]{64}", str(root)) and chains > 0:
                    self.heads = Heads(position, int(match[3]), chains, bytes.fromhex(str(root)), size)

    def entries(self) -> Iterator[Leaf]:
        """Steps 5 to 9 for each entry; gives the leaves of the tree."""
        report, tips, size = self.report, self.tips, self.checkpoint.size
        payloads = self.members["payloads"].lines()
        heads_size = self.heads.size if self.heads else 0
        is_foreign = self.foreign()
        last = -1
        for line in self.members["headers"].lines():
            match = HEADER.fullmatch(line)  # step 5
            if match is None:
                raise Malformed("header", f"headers, line {report.entries + 1}, is not `<position> <header>`")
            number, header, at_text, chain, dialect, identity, commitment, prev_text, seq_text = match.groups()
            position, at, seq = int(number), int(at_text), int(seq_text)
            if at > GREATEST or seq > GREATEST:
                raise Malformed("header", f"headers, line {report.entries + 1}, has a number beyond its limit")
            if not last < position < size:
                raise Malformed("header", "positions do not ascend, or are beyond the checkpoint's size", position)
            last = position
            digest = sha256(b"\0" + header).digest()
            tip = tips.get(chain)
            if tip is None:
                tip = tips[chain] = Tip(0, b"", 0, True)
            if seq <= tip.seq:  # step 6
                report.problem("sequence-broken", f"number {seq} of its chain comes after number {tip.seq}", position)
            before = self.genesis(chain) if seq == 1 else tip.hash
            tip.whole &= seq == tip.seq + 1
            if (seq == 1 or seq == tip.seq + 1) and bytes.fromhex(prev_text.decode()) != before:
                report.problem("link-broken", "prev is not the hash of the entry before it in its chain", position)
            if at < tip.at:
                report.problem("time-backwards", "at is before that of the entry before it in its chain", position)
            tip.seq, tip.hash, tip.at = seq, digest, at
            if position < heads_size:
                tip.head = (seq, digest)
            self.check_payload(next(payloads, None), commitment, identity, chain, position)
            if is_foreign(chain, dialect, at) and chain != LEDGER_CHAIN:  # step 9
                report.problem("scope-foreign", "this entry does not belong to what the bundle claims to be", position)
            report.entries += 1
            if at > self.newest_at:
                self.newest_at = at
            if self.receipts:
                self.watch(position, identity, digest)
            yield position, digest
        if next(payloads, None) is not None:
            raise Malformed("payload", "there are more payloads than headers")
        if not report.entries:
            raise Malformed("header", "the bundle has no entry")

    def genesis(self, chain: bytes) -> bytes:
        """What the first entry of a chain links to: ties it to this ledger."""
        origin = self.checkpoint.origin.encode()
        return sha256(b"affidavit/genesis/v1\0" + origin + b"\0" + bytes.fromhex(chain.decode())).digest()

    def check_payload(
        self, line: bytes | None, commitment: bytes, identity: bytes, chain: bytes, position: int
    ) -> None:
        if line == b"erased":  # step 8
            self.report.erased += 1
            if chain == LEDGER_CHAIN or self.erasures.get(identity, -1) <= position:
                self.report.problem("erasure-missing", "the payload is gone, and no entry says who erased it", position)
            return
        match = SALTED.match(line) if line is not None else None
        if line is None or match is None:  # step 7
            raise Malformed("payload", "the payload is missing, or is not `<salt> <payload>`", position)
        salt = bytes.fromhex(match[1].decode())
        if sha256(b"affidavit/payload/v1\0" + salt + line[33:]).hexdigest().encode() != commitment:
            self.report.problem("payload-mismatch", "salt and payload are not those that were recorded", position)
        if identity in self.erasures:  # step 8
            self.report.problem(
                "erasure-undone", "the ledger says that it erased this payload, but it is here", position
            )

    def foreign(self) -> Callable[[bytes, bytes, int], bool]:
        """Whether an entry (chain, dialect, at) is outside the scope that the bundle claims."""
        scope = self.scope
        match scope["kind"]:
            case "chain":
                wanted = scope["chain"].encode()
                return lambda chain, dialect, at: chain != wanted
            case "agent" | "session":
                name = scope["dialect"].encode()
                return lambda chain, dialect, at: dialect != name
            case "range":
                least, most = scope.get("from", 0), scope.get("to", GREATEST)
                return lambda chain, dialect, at: not least <= at <= most
        return lambda chain, dialect, at: False

    # Step 12. Completeness, as far as positions and numbers tell.
    def check_completeness(self) -> None:
        incomplete = self.report.problem
        if self.scope["kind"] == "all":
            missing = self.checkpoint.size - self.report.entries
            broken = sum(1 for tip in self.tips.values() if not tip.whole)
            if missing or broken:
                incomplete("scope-incomplete", f"{missing:,} entries are missing, {broken:,} chains have gaps")
            self.completed = not missing and not broken
        if self.scope["kind"] == "chain":
            tip = self.tips.get(self.scope["chain"].encode())
            if tip is None or not tip.whole:
                incomplete("scope-incomplete", "entries of the chain are missing: it has gaps, or no beginning")

    # Step 13. Heads: the ledger recorded where each chain ended; what was cut off after that is found.
    def check_heads(self) -> None:
        if "heads" not in self.members:
            return
        lines = self.members["heads"].lines()
        position = int(next(lines))
        before = self.report.problems_total
        leaves = self.head_leaves(lines)
        if self.heads is None or self.heads.size > position:
            self.report.problem("heads-mismatch", f"the entry at {position:,} does not say where chains ended")
            return
        below = islice(dropwhile(bool, self.members["heads"].lines()), 1, None)  # what follows the empty line
        root = tree_root(leaves, hashes(below, "heads", "heads"), self.heads.chains)
        if root != self.heads.root:
            self.report.problem("heads-mismatch", "leaves and nodes do not give the root that was recorded")
        if before == self.report.problems_total and self.scope["kind"] == "chain":
            self.completed = self.scope["chain"].encode() in self.ended

    def head_leaves(self, lines: Iterator[bytes]) -> Iterator[Leaf]:
        """The leaves of the heads tree that are here. Each chain must be whole, and end there."""
        self.ended: set[bytes] = set()
        last_index, last_chain = -1, b""
        for line in lines:
            if not line:
                return
            match = HEAD_LINE.fullmatch(line)
            if match is None:
                raise Malformed(
                    "heads", f"heads has a line that is none of it: {printable(line[:200].decode('latin-1'))}"
                )
            index, leaf, chain, head, seq = int(match[1]), match[2], match[3], match[4], int(match[5])
            if index <= last_index or chain <= last_chain or index >= (self.heads.chains if self.heads else 0):
                raise Malformed("heads", "indexes or chains do not ascend, or are beyond their number")
            last_index, last_chain = index, chain
            tip = self.tips.get(chain)
            if tip is None or not tip.whole or tip.head != (seq, bytes.fromhex(head.decode())):
                what = f"chain {chain.decode()} had number {seq} for its last entry, here it does not end so"
                self.report.problem("heads-mismatch", what)
            self.ended.add(chain)
            self.listed += 1
            yield index, leaf_hash(leaf)
        raise Malformed("heads", "heads has no empty line")

    # Step 14. Earlier checkpoints in the bundle: the tree must begin with each.
    def check_earlier(self) -> None:
        self.earlier: dict[int, Checkpoint] = {}
        for name, member in self.members.items():
            if not (match := re.fullmatch(r"earlier/(\d+)/checkpoint", name)):
                continue
            earlier = parse_checkpoint(member.read(), name)
            data = self.members[f"earlier/{match[1]}/consistency"].read()
            if earlier.size != int(match[1]):
                raise Malformed("note", f"{name} is not of this size")
            *lines, rest = data.split(b"\n")
            if rest:
                raise Malformed("nodes", f"the proof from {name} does not end")
            proof = list(hashes(lines, "nodes", f"the proof from {name}"))
            if self.check_ours(earlier.note, earlier.origin, earlier.origin, name):
                self.earlier[earlier.size] = earlier
                if not is_consistent(earlier, self.checkpoint, proof):
                    message = f"it is not proven that the tree begins with that of size {earlier.size:,}"
                    notes = earlier.note, self.checkpoint.note
                    self.report.problem("earlier-inconsistent", message, None, *notes)

    # Step 15. Checkpoints that the auditor holds: two different roots for one size are two histories.
    def check_held(self) -> None:
        for held in self.held:
            what = f"the checkpoint of size {held.size:,} that you hold"
            if not self.check_ours(held.note, held.origin, held.origin, what):
                continue
            same = self.checkpoint if held.size == self.checkpoint.size else self.earlier.get(held.size)
            if held.size > self.checkpoint.size:
                self.report.problem("checkpoint-newer", f"{what} is newer than the bundle: ask for one made since")
            elif same is None and not (self.scope["kind"] == "all" and self.completed):
                message = f"no proof leads to {what}: ask for a bundle that is made with it (--earlier)"
                self.report.problem("checkpoint-unlinked", message)
            elif held.root != (same.root if same else self.root_of_first(held.size)):
                message = f"the ledger's key signed two different histories of {held.size:,} entries: keep both notes"
                notes = held.note, (same or self.checkpoint).note
                self.report.problem("two-histories", message, None, *notes)
            else:
                self.anchored.append(held.size)

    def root_of_first(self, size: int) -> bytes | None:
        """The root over the first entries of a bundle that has them all."""
        lines = (HEADER.fullmatch(line) for line in self.members["headers"].lines())
        leaves = ((int(match[1]), leaf_hash(match[2])) for match in lines if match and int(match[1]) < size)
        return tree_root(leaves, iter(()), size)

    # Step 16. Receipts: what the ledger once promised a client.
    def watch(self, position: int, identity: bytes, digest: bytes) -> None:
        """Keep the hashes of the entries that a receipt names, which lie at positions in a row."""
        for receipt in self.receipts:
            if identity == receipt.first and not receipt.found:
                receipt.at = position
            if receipt.at >= 0 and not receipt.ended and position == receipt.at + len(receipt.found):
                receipt.found.append(digest)
                receipt.ended = identity == receipt.last or len(receipt.found) == receipt.count
                if receipt.ended and identity != receipt.last:
                    receipt.found.clear()

    def check_receipts(self) -> None:
        for receipt in self.receipts:
            what = f"the receipt for {receipt.first.decode()}"
            origin = receipt.name.removesuffix("/receipts")
            if not self.check_ours(receipt.note, origin, receipt.name, what):
                continue
            if not receipt.ended or len(receipt.found) != receipt.count:
                message = f"{what}: its entries are not in this bundle. If it has all of the ledger, they were removed"
                self.report.problem("receipt-missing", message)
            elif receipt.root != tree_root(iter(enumerate(receipt.found)), iter(()), receipt.count):
                self.report.problem("receipt-mismatch", f"{what}: its entries are not those that were acknowledged")

    # Steps 17 to 19. What the auditor demands.
    def check_demands(self) -> None:
        demands, policy = self.demands, self.policy
        oldest = 0 if demands.max_age is None else demands.now - demands.max_age
        fresh = [name for name, signed in self.cosigned.items() if signed >= oldest]
        if not policy.is_met_by(fresh):  # step 17
            old = "" if len(fresh) == len(self.cosigned) else f", and {len(self.cosigned) - len(fresh)} are too old"
            message = f"the quorum {printable(policy.quorum)} is not met: {len(fresh)} known witnesses cosigned{old}"
            self.report.problem("quorum", message)
        if policy.quorum == "none" and self.newest_at // 1_000_000 < oldest:  # step 18
            self.report.problem("age", f"the newest entry is of {utc(self.newest_at // 1_000_000)}: too old")
        if demands.complete and not self.completed:  # step 19
            self.report.problem("incomplete", "it is not proven that this is all of what the bundle claims to be")
        elif demands.complete and self.scope["kind"] == "chain" and self.ended_before(oldest):
            self.report.problem("incomplete", "where the chain ended was recorded too long ago: it may have gone on")

    def ended_before(self, oldest: int) -> bool:
        """Whether the heads are older, s since 1970, and entries came after them."""
        heads = self.heads
        return heads is not None and heads.size < self.checkpoint.size - 1 and heads.at // 1_000_000 < oldest

    # What has been shown, now that no step found anything wrong.
    def conclude(self) -> None:
        report, checkpoint, kind = self.report, self.checkpoint, self.scope["kind"]
        signers = [key for key in self.signers(checkpoint.note, "checkpoint") if key.name == checkpoint.origin]
        proven, asserted, open_ = report.proven.append, report.asserted.append, report.not_proven.append
        payloads = report.entries - report.erased
        proven(
            (
                "signature",
                f"{signers[0]} signed that {checkpoint.origin} has {checkpoint.size:,} entries, root {report.root}",
            )
        )
        if signers[0] in self.rotated:
            proven(("rotation", f"{signers[0]} was named by {self.rotated[signers[0]]}"))
        proven(("inclusion", f"{report.entries:,} entries are under this root, each at its position"))
        proven(("chains", f"{report.chains:,} chains: numbers, links and times of what is here follow one another"))
        if payloads:
            proven(("payloads", f"{payloads:,} payloads are, byte by byte, those that were recorded"))
        if report.erased:
            proven(("erasures", f"{report.erased:,} payloads were erased, and the ledger recorded each erasure"))
        if kind == "all":
            proven(("complete", "this is every entry of the ledger under the checkpoint"))
        elif kind == "chain" and self.completed and self.heads:
            proven(
                ("complete", f"this is every entry that the chain had when the ledger had {self.heads.size:,} entries")
            )
        elif self.listed and self.heads:
            message = (
                f"{self.listed:,} chains are here whole, as they were when the ledger had {self.heads.size:,} entries"
            )
            proven(("whole-chains", message))
        if self.earlier:
            proven(("earlier", f"the ledger begins with what it was at {sorted(self.earlier)} entries"))
        codes = {problem["code"] for problem in report.problems}
        if self.held and len(self.anchored) == len(self.held):
            proven(("held", f"the ledger begins with what it was at the {len(self.held)} checkpoints that you hold"))
        if self.receipts:
            proven(("receipt", f"the entries of {len(self.receipts)} receipts are here as they were acknowledged"))
        witnessed = self.policy.quorum != "none" and "quorum" not in codes
        if witnessed:
            times = ", ".join(f"{printable(name)} at {utc(at)}" for name, at in sorted(self.cosigned.items()))
            proven(("quorum", f"witnesses have seen this checkpoint, and no other history: {times}"))
        asserted(("contents", "what payloads say, names of agents and sessions too: recorded as sent, not as true"))
        asserted(("clock", "when entries were received: `at` is the server's clock"))
        asserted(("keys", "which API key sent an entry: `by`"))
        if kind not in ("all", "chain"):
            asserted(("scope", "that these are all entries of what was asked for"))
        if self.demands.max_age is not None and self.policy.quorum == "none":
            asserted(("age", f"that the newest entry is of {utc(self.newest_at // 1_000_000)}"))
        if report.erased:
            asserted(("erasure-reasons", "why payloads were erased, and on whose authority"))
        if not witnessed:
            known = max(self.anchored, default=0)
            if not known and not self.receipts:
                open_(("history", "that this is the only history that the key's holder has signed"))
            elif known < checkpoint.size:
                open_(("history-since", "that there is no other history beyond what you hold of this one"))
        if kind == "chain" and not (self.completed and self.heads):
            open_(("chain-end", "where the chain ended: entries may have been cut off its end"))
        elif kind == "chain" and self.heads and self.heads.size < checkpoint.size - 1:
            message = f"that no entry of the chain was left away from position {self.heads.size:,} on"
            open_(("chain-end", message))
        if "timestamp.tsr" in self.members:
            open_(("timestamp", "the time stamp: verify it with openssl, as README.txt says"))


def parse_receipt(data: bytes) -> Receipt:
    """A note of four lines: name, count, first and last id, root."""
    note = parse_note(data, "the receipt")
    identity = UUID.pattern
    match = re.fullmatch(
        rf"([^\n]+/receipts)\n([1-9][0-9]{{0,15}})\n({identity}) ({identity})\n([A-Za-z0-9+/]{{43}}=)\n",
        note.text.decode(),
    )
    if not match or (match[2] == "1") != (match[3] == match[4]):
        raise Malformed("note", "the receipt is not one: name, count, two ids and root")
    return Receipt(note, match[1], int(match[2]), match[3].encode(), match[4].encode(), b64decode(match[5]))


def parse_json(data: bytes) -> Any:
    """A JSON value; None where it is none, too deep to read, or holds a field twice, a fraction or a large number."""
    try:
        return json.loads(
            data.decode(), object_pairs_hook=once, parse_int=parse_integer, parse_float=refuse, parse_constant=refuse
        )
    except (ValueError, RecursionError):
        return None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose fields are there once."""
    if len(found := dict(pairs)) < len(pairs):
        refuse("a field that is there twice")
    return found


def parse_integer(text: str) -> int:
    if len(text) > 16 or not 0 <= int(text) <= GREATEST:
        refuse(text)
    return int(text)


def refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is not in the JSON of a bundle")


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of a value with ASCII field names. Half a surrogate pair stays an escape."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text).encode()


# ---------------------------------------------------------------------------------------------------------------------
# The command line.
# ---------------------------------------------------------------------------------------------------------------------


def printable(text: str) -> str:
    """A text as a terminal may show it: what is not printable as JSON escapes it."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def utc(seconds: int) -> str:
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s"


def as_json(report: Report) -> str:
    """The report for machines: one line."""
    lists = {name: [{"code": code, "message": message} for code, message in getattr(report, name)]
             for name in ("proven", "asserted", "not_proven")}  # fmt: skip
    fields = {
        name: getattr(report, name) for name in ("origin", "size", "root", "scope", "entries", "chains", "erased")
    }
    problems = {"problems": report.problems, "problems_total": report.problems_total}
    return json.dumps({"status": STATUS[report.exit], "exit": report.exit, **fields, **lists, **problems})


def as_text(report: Report) -> str:
    """The report for people."""
    verdict = {
        PROVEN: "PROVEN: the evidence holds.",
        FAILED: "FAILED: this is not what the ledger recorded.",
        MALFORMED: "MALFORMED: this cannot be verified.",
        POLICY: "POLICY NOT MET: what is there is sound, but you asked for more.",
    }
    lines = [verdict[report.exit]]
    if report.scope is not None:
        lines += ["", f"The bundle claims to be: {printable(claimed(report.scope))}"]
    for title, items in (
        ("Problems", [(problem["code"], described(problem)) for problem in report.problems]),
        ("Proven", report.proven),
        ("Asserted only by the ledger", report.asserted),
        ("Not proven", report.not_proven),
    ):
        if items:
            lines += ["", f"{title}:", *(f"  {code:<16} {printable(message)}" for code, message in items)]
    if report.problems_total > len(report.problems):
        lines.append(f"  and {report.problems_total - len(report.problems):,} problems more")
    for problem in report.problems:
        for text in problem["notes"]:
            lines += ["", "Evidence, a note with a good signature:", "", *map(printable, text.split("\n"))]
    return "\n".join(lines)


def claimed(scope: dict[str, Any]) -> str:
    """A scope in words."""
    match scope["kind"]:
        case "all":
            return "the whole ledger"
        case "chain":
            return f"the chain {scope['chain']}"
        case "range":
            since, until = (utc(scope[end] // 1_000_000) if end in scope else "" for end in ("from", "to"))
            return f"what was received{since and f' from {since}'}{until and f' to {until}'}"
    return f"the {scope['kind']} {json.dumps(scope['name'], ensure_ascii=False)} of {scope['dialect']}"


def described(problem: dict[str, Any]) -> str:
    where = "" if problem["position"] is None else f"position {problem['position']:,}: "
    return f"{where}{problem['message']}"


def seconds(text: str) -> int:
    """A time span: 90, 90s, 15m, 24h, 7d."""
    match = re.fullmatch("([0-9]{1,9})([smhd]?)", text)
    if not match:
        raise ValueError(text)
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


def verify(file: BinaryIO, demands: Demands) -> Report:
    """Verify the bundle in a seekable file."""
    return Verification(file, demands).run()


def main(arguments: list[str] | None = None) -> int:
    """The program. Returns its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that knows no Unicode gets escapes
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(
        "affidavit_verify", description="Verify a bundle of evidence, offline.", allow_abbrev=False
    )
    parser.add_argument("bundle", help="the file")
    parser.add_argument("--key", "--receipt-key", dest="keys", action="append", default=[],
                        help="verifier key that you trust, of the ledger or of its receipts; repeatable")  # fmt: skip
    parser.add_argument("--policy", help="file with keys, witnesses and their quorum (C2SP tlog-policy)")
    parser.add_argument(
        "--checkpoint", dest="held", action="append", default=[], help="signed checkpoint that you hold; repeatable"
    )
    parser.add_argument(
        "--receipt", dest="receipts", action="append", default=[], help="signed receipt that you hold; repeatable"
    )
    parser.add_argument("--max-age", type=seconds, help="greatest age of the checkpoint, such as 90s, 24h, 7d")
    parser.add_argument("--now", type=int, default=int(time.time()), help="the time that ages count from, s since 1970")
    parser.add_argument("--complete", action="store_true", help="demand that the scope is proven complete")
    parser.add_argument("--json", action="store_true", help="report for machines")
    given = parser.parse_args(arguments)
    policy = Policy()
    try:
        for text in given.keys:
            if (key := parse_key(text)).algorithm != ED25519:
                raise ValueError(f"{key} is a witness's key: name it in a policy")
            policy.trust(key)
        if given.policy:
            parse_policy(read_file(given.policy), policy)
        if not policy.keys:
            parser.error(
                "name a key that you trust: --key, or --policy with a log line. A bundle cannot vouch for itself"
            )
        held = [read_file(path) for path in given.held]
        receipts = [read_file(path) for path in given.receipts]
        with open(given.bundle, "rb") as file:
            report = verify(file, Demands(policy, held, receipts, given.max_age, given.complete, given.now))
    except (OSError, ValueError) as error:
        print(f"affidavit_verify: {printable(str(error))}", file=sys.stderr)
        return MALFORMED
    except Exception as error:  # a fault of this program; what it was given is not proven then
        print(f"affidavit_verify: a fault of this program: {printable(repr(error))}", file=sys.stderr)
        return MALFORMED
    print(as_json(report) if given.json else as_text(report))
    return report.exit


def read_file(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read((1 << 20) + 1)


if __name__ == "__main__":
    sys.exit(main())
