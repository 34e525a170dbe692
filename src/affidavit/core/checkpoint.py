"""The checkpoint: a signed note that says how many entries a ledger has and under what root (C2SP tlog-checkpoint).

    <origin>
    <size, decimal>
    <base64 of the root, 32 bytes>
    <extension lines, if any: kept, and not believed>

See docs/formats/checkpoint.md.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from affidavit.core.lines import format_hash, parse_hash, parse_number
from affidavit.core.note import Note, Verified, parse_note, verify_note
from affidavit.core.notekey import ED25519, VerifierKey
from affidavit.errors import BadSignature, MalformedNote


class TreeHead(msgspec.Struct, frozen=True):
    """What a checkpoint says. `size` in entries, below 2^63; `root`: 32 bytes; extension lines without ends."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


class Opened(msgspec.Struct, frozen=True):
    """A checkpoint that a trusted key signed. `verified`: all keys that did, witnesses among them."""

    head: TreeHead
    note: Note
    verified: tuple[Verified, ...]


def format_checkpoint(head: TreeHead) -> bytes:
    """The text that is signed. Raises MalformedNote for one that `parse_checkpoint` would refuse or read as another."""
    lines = (head.origin, str(head.size), format_hash(head.root), *head.extensions)
    text = "".join(f"{line}\n" for line in lines).encode()
    if parse_checkpoint(text) != head:
        raise _malformed("a line of it has a line feed inside")
    return text


def parse_checkpoint(text: bytes) -> TreeHead:
    """Take a note's text for a checkpoint's. Raises MalformedNote."""
    try:
        *lines, rest = text.decode().split("\n")
    except UnicodeDecodeError as error:
        raise _malformed(f"it is not UTF-8 from byte {error.start} on") from None
    if rest or len(lines) < 3 or "" in lines:
        raise _malformed("it is not three lines or more, none of them empty, each with a line feed")
    origin, size, root, *extensions = lines
    return TreeHead(origin, parse_number(size), parse_hash(root), tuple(extensions))


def open_checkpoint(data: bytes, keys: Iterable[VerifierKey]) -> Opened:
    """A checkpoint signed by a trusted key of the ledger that it speaks of.

    `keys`: those of ledgers, which must be named after their origin, and those of witnesses, whose cosignatures are
    verified too. Raises MalformedNote, BadSignature, MalformedKey.
    """
    note = parse_note(data)
    head = parse_checkpoint(note.text)
    verified = verify_note(note, keys)
    if not any(signer.key.algorithm == ED25519 and signer.key.name == head.origin for signer in verified):
        raise BadSignature(f"no key that you trust to speak for {head.origin} signed this checkpoint: check the keys")
    return Opened(head, note, tuple(verified))


def _malformed(why: str) -> MalformedNote:
    return MalformedNote(f"this is not a checkpoint, {why}: take it again from where it was published")
