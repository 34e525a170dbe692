"""The receipt: a signed note that a client is given, that says its entries were recorded.

    <origin>/receipts
    <how many entries>
    <id of the first> <id of the last>
    <base64 of the RFC 6962 root over the entries' hashes, in the order of the answer>

It is signed by a key of its own, whose name is the first line: whoever answers clients cannot sign checkpoints. A
ledger without these entries is then not the one that the client wrote to. See docs/formats/checkpoint.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from affidavit.core.ids import parse, uuid_text
from affidavit.core.lines import format_hash, parse_hash, parse_number
from affidavit.core.merkle import root_of
from affidavit.core.note import parse_note, verify_note
from affidavit.core.notekey import ED25519, VerifierKey
from affidavit.errors import BadSignature, MalformedNote

_SUFFIX = "/receipts"


class Receipt(msgspec.Struct, frozen=True):
    """What a receipt says. `count` from 1; `first`, `last`: entry ids, 16 bytes; `root`: 32 bytes."""

    origin: str
    count: int
    first: bytes
    last: bytes
    root: bytes


def receipts_name(origin: str) -> str:
    """The name of the key that signs this ledger's receipts."""
    return origin + _SUFFIX


def receipt_of(origin: str, ids: Sequence[bytes], hashes: Iterable[bytes]) -> Receipt:
    """The receipt for the entries of an answer, one or more, in its order."""
    return Receipt(origin, len(ids), ids[0], ids[-1], root_of(hashes))


def format_receipt(receipt: Receipt) -> bytes:
    """The text that is signed."""
    name, ids = receipts_name(receipt.origin), f"{uuid_text(receipt.first)} {uuid_text(receipt.last)}"
    return f"{name}\n{receipt.count}\n{ids}\n{format_hash(receipt.root)}\n".encode()


def parse_receipt(text: bytes) -> Receipt:
    """Take a note's text for a receipt's. Raises MalformedNote."""
    try:
        name, count, ids, root, end = text.decode().split("\n")
        first, last = map(parse, ids.split(" "))
    except ValueError:
        raise _malformed("it is not four lines of a name, a number, two ids and a hash") from None
    origin = name.removesuffix(_SUFFIX)
    if end or not origin or origin == name or first is None or last is None:
        raise _malformed(f"it is not four lines of a name that ends in {_SUFFIX}, a number, two ids and a hash")
    receipt = Receipt(origin, parse_number(count), first, last, parse_hash(root))
    if receipt.count < 1 or (receipt.count == 1) != (first == last) or format_receipt(receipt) != text:
        raise _malformed("its number of entries does not fit its ids, or an id is not a UUID in lower case")
    return receipt


def open_receipt(data: bytes, keys: Iterable[VerifierKey]) -> Receipt:
    """A receipt, signed by a trusted key of its first line's name. Raises MalformedNote, BadSignature, MalformedKey."""
    note = parse_note(data)
    receipt = parse_receipt(note.text)
    name = receipts_name(receipt.origin)
    if not any(signer.key.algorithm == ED25519 and signer.key.name == name for signer in verify_note(note, keys)):
        raise BadSignature(f"no key that you trust to sign as {name} signed this receipt: check the keys")
    return receipt


def _malformed(why: str) -> MalformedNote:
    return MalformedNote(f"this is not a receipt, {why}: take it again from the answer that it came in")
