"""How a ledger's signer hands over to the next: a note by the old key that names the new one.

    <origin>
    signer
    <the new verifier key>

Whoever trusts one key follows these notes to the newest. See docs/formats/checkpoint.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from affidavit.core.note import parse_note, verify_note
from affidavit.core.notekey import ED25519, VerifierKey, parse_verifier_key
from affidavit.errors import BadSignature, MalformedKey, MalformedNote

_KIND = "signer"


def format_rotation(new: VerifierKey) -> bytes:
    """The text that the old key signs. The new key has the ledger's origin for its name, as the old one has."""
    return f"{new.name}\n{_KIND}\n{new}\n".encode()


def parse_rotation(text: bytes) -> VerifierKey:
    """The new key that a note's text names. Raises MalformedNote."""
    try:
        origin, kind, encoded, end = text.decode().split("\n")
        key = parse_verifier_key(encoded)
    except (ValueError, MalformedKey) as error:
        raise _malformed(f"it is not three lines of an origin, `{_KIND}` and a verifier key ({error})") from None
    if end or kind != _KIND or key.name != origin or key.algorithm != ED25519:
        raise _malformed(f"its second line is not `{_KIND}`, or its key is not a signer of {origin!r}")
    return key


def follow(trusted: VerifierKey, notes: Iterable[bytes]) -> list[VerifierKey]:
    """The signers of a ledger from a trusted one to the newest, both among them, in the order of their time.

    `notes`: all rotations of the ledger in order; those before the trusted key's own are passed over. From there each
    must be by the signer before it. Raises BadSignature where one is not, or leads back; MalformedNote.
    """
    signers = [trusted]
    for data in notes:
        note = parse_note(data)
        new = parse_rotation(note.text)
        newest = signers[-1]
        if len(signers) == 1 and not any(
            signature.name == newest.name and signature.key_id == newest.key_id for signature in note.signatures
        ):
            continue
        verify_note(note, [newest])
        if new.name != newest.name or new in signers:
            raise BadSignature(
                f"{newest} hands over to {new}, of another ledger or used before: ask whose ledger it is"
            )
        signers.append(new)
    return signers


def _malformed(why: str) -> MalformedNote:
    return MalformedNote(f"this is not the rotation of a signer, {why}: take it again from where it was published")
