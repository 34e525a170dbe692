"""The proposal: what a ledger sends to a witness to have a checkpoint cosigned (C2SP tlog-witness, add-checkpoint).

    old <the size that the witness has cosigned, decimal; 0 for none>
    <base64 of a hash>             the consistency proof of RFC 6962 section 2.1.2 from that size, at most 63 lines
    ...
    <empty line>
    <the checkpoint, a signed note>

The answer is the witness's signature lines. See docs/witness.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from affidavit.core.lines import format_hash, parse_hash, parse_number
from affidavit.core.note import parse_signature
from affidavit.core.notekey import VerifierKey
from affidavit.errors import BadSignature, MalformedNote, MalformedProof

SIZE_TYPE: Final = "text/x.tlog.size"
"""Content-Type of a refusal that says which size the witness has."""
MAX_HASHES: Final = 63


class Proposal(msgspec.Struct, frozen=True):
    """A proposal in its parts. `proof`: 32 bytes a hash; `checkpoint`: the signed note."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


def format_proposal(proposal: Proposal) -> bytes:
    """The proposal as a request's body."""
    lines = [f"old {proposal.old}", *map(format_hash, proposal.proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + proposal.checkpoint


def parse_proposal(data: bytes) -> Proposal:
    """Take a proposal apart, without believing any of it. Raises MalformedProof."""
    head, separator, checkpoint = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise _malformed(f"byte {error.start} is not ASCII") from None
    if not separator or not first.startswith("old "):
        raise _malformed("it does not begin with `old <size>`, or no empty line stands before its checkpoint")
    if len(lines) > MAX_HASHES:
        raise _malformed(f"it has {len(lines):,} hashes, no tree needs more than {MAX_HASHES}")
    try:
        return Proposal(parse_number(first.removeprefix("old ")), tuple(map(parse_hash, lines)), checkpoint)
    except MalformedNote as error:
        raise _malformed(str(error)) from None


def cosignature_in(answer: bytes, text: bytes, key: VerifierKey) -> str:
    """The signature line of an answer that is this witness's over the checkpoint's text, with its line feed.

    Lines of other keys are ignored. Raises BadSignature where there is none, MalformedNote.
    """
    for line in _lines(answer):
        signature = parse_signature(line)
        if (signature.name, signature.key_id) == (key.name, key.key_id):
            if not key.holds(text, signature.signature):
                raise BadSignature(f"the cosignature of {key} is not over the checkpoint that it was sent")
            return signature.line
    raise BadSignature(f"{key} is not among those who signed the answer: compare the witness's key with the policy")


def _lines(answer: bytes) -> Iterable[str]:
    try:
        *lines, rest = answer.decode().split("\n")
    except UnicodeDecodeError as error:
        raise MalformedNote(f"the answer of the witness is not UTF-8 from byte {error.start} on") from None
    if rest or not lines:
        raise MalformedNote("the answer of the witness is not lines that end in line feeds")
    return lines


def _malformed(why: str) -> MalformedProof:
    return MalformedProof(f"this is not a checkpoint with its consistency proof, {why}")
