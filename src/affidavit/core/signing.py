"""Signing notes with Ed25519 seeds: what a ledger and a witness do, and a verifier never needs."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from affidavit.core.note import Note, Signature, format_note
from affidavit.core.notekey import COSIGNATURE, ED25519, VerifierKey, cosigned

SEED_BYTES: Final = 32
_KEYS_AT_HAND: Final = 8
"""A process signs with two or three keys, and making one of its seed costs as much as the signature."""


_private = lru_cache(_KEYS_AT_HAND)(Ed25519PrivateKey.from_private_bytes)


@lru_cache(_KEYS_AT_HAND)
def verifier_key(name: str, seed: bytes, algorithm: int = ED25519) -> VerifierKey:
    """What verifies the signatures of this seed under this name."""
    return VerifierKey(name, algorithm, _private(seed).public_key().public_bytes_raw())


def sign(text: bytes, name: str, seed: bytes) -> Signature:
    """A signature over a note's text, by the name's key (C2SP signed-note, algorithm 0x01)."""
    raw = _private(seed).sign(text)
    return Signature(name, verifier_key(name, seed).key_id, raw)


def cosign(text: bytes, name: str, seed: bytes, time: int) -> Signature:
    """A witness's cosignature/v1 over a checkpoint's text. `time`: s since 1970 (C2SP tlog-cosignature, 0x04).

    Raises OverflowError for a time outside 64 bits.
    """
    raw = _private(seed).sign(cosigned(text, time))
    return Signature(name, verifier_key(name, seed, COSIGNATURE).key_id, time.to_bytes(8, "big") + raw)


def signed_note(text: bytes, name: str, seed: bytes) -> bytes:
    """The text and one signature under it. Raises MalformedNote for a text that no note can have."""
    return format_note(Note(text, (sign(text, name, seed),)))
