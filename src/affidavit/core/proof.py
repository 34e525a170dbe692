"""The proof of one entry as a text that needs nothing else but trusted keys (C2SP tlog-proof).

    c2sp.org/tlog-proof@v1
    extra <base64>                 optional: for the application, not authenticated
    index <the entry's position>
    <base64 of a hash>             the inclusion proof of RFC 6962 section 2.1.1, from the leaf's sibling upwards
    ...
    <empty line>
    <the checkpoint, a signed note>

See docs/formats/checkpoint.md.
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Iterable
from typing import Final

import msgspec

from affidavit.core.checkpoint import Opened, open_checkpoint
from affidavit.core.lines import format_hash, parse_hash, parse_number
from affidavit.core.merkle import verify_inclusion
from affidavit.core.note import MAX_NOTE_BYTES
from affidavit.core.notekey import VerifierKey
from affidavit.errors import BadProof, MalformedNote, MalformedProof

MAX_PROOF_BYTES: Final = 2 * MAX_NOTE_BYTES
MAX_HASHES: Final = 63
"""An inclusion proof in a tree of at most 2^63 leaves."""
_FIRST_LINE = "c2sp.org/tlog-proof@v1"


class Proof(msgspec.Struct, frozen=True):
    """A proof in its parts. `hashes`: 32 bytes each; `checkpoint`: the signed note; `extra` empty where none is."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""


def format_proof(proof: Proof) -> bytes:
    """The proof as bytes."""
    lines = [_FIRST_LINE]
    if proof.extra:
        lines.append(f"extra {b64encode(proof.extra).decode()}")
    lines.append(f"index {proof.index}")
    lines += map(format_hash, proof.hashes)
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + proof.checkpoint


def parse_proof(data: bytes) -> Proof:
    """Take a proof apart, without believing any of it. Raises MalformedProof."""
    if len(data) > MAX_PROOF_BYTES:
        raise _malformed(f"it has {len(data):,} bytes, the limit is {MAX_PROOF_BYTES:,}")
    head, separator, checkpoint = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise _malformed(f"byte {error.start} is not ASCII") from None
    if not separator or first != _FIRST_LINE:
        raise _malformed(f"it does not begin with {_FIRST_LINE}, or no empty line stands before its checkpoint")
    extra = _extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else b""
    if not lines or not lines[0].startswith("index "):
        raise _malformed("the line with the index is missing")
    index, *hashes = lines
    if len(hashes) > MAX_HASHES:
        raise _malformed(f"it has {len(hashes):,} hashes, no tree needs more than {MAX_HASHES}")
    try:
        return Proof(parse_number(index.removeprefix("index ")), tuple(map(parse_hash, hashes)), checkpoint, extra)
    except MalformedNote as error:
        raise MalformedProof(str(error)) from None


def verify_proof(proof: Proof, leaf: bytes, keys: Iterable[VerifierKey]) -> Opened:
    """That `leaf`, a leaf hash, is entry `index` of the ledger whose checkpoint the proof carries. Returns that.

    Whether enough witnesses signed is for a policy to say. Raises MalformedNote, MalformedKey and BadSignature as
    `open_checkpoint` does, and BadProof.
    """
    opened = open_checkpoint(proof.checkpoint, keys)
    head = opened.head
    if not verify_inclusion(leaf, proof.index, head.size, proof.hashes, head.root):
        raise BadProof(
            f"it does not follow that this is entry {proof.index} of the {head.size} that {head.origin} signed for: "
            "the entry or the proof was changed"
        )
    return opened


def _extra(line: str) -> bytes:
    encoded = line.removeprefix("extra ")
    try:
        decoded = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        decoded = b""
    if not decoded or b64encode(decoded).decode() != encoded:
        raise _malformed("its extra data are not base 64")
    return decoded


def _malformed(why: str) -> MalformedProof:
    return MalformedProof(f"this is not a proof, {why}: take it again from where it was published")
