"""Keys of signed notes: who verifies, who signs (C2SP signed-note and tlog-cosignature).

A verifier key as text is `<name>+<key id>+<base64 of algorithm ‖ public key>`; its key id are the first 4 bytes of
SHA-256(name ‖ line feed ‖ algorithm ‖ public key), in hex. Two algorithms are known here, both Ed25519 (RFC 8032):

    0x01  a signature: 64 bytes over the text
    0x04  a witness's cosignature/v1: 8 bytes of time, s since 1970, big-endian ‖ 64 bytes over
          "cosignature/v1\\ntime <time>\\n" ‖ text
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from affidavit.errors import MalformedKey

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
KEY_BYTES: Final = 32
"""Of a public key."""
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8
_TIME_LIMIT = 1 << 63


class VerifierKey(msgspec.Struct, frozen=True):
    """What signatures are verified with. `algorithm`: ED25519 or COSIGNATURE; `public`: 32 bytes."""

    name: str
    algorithm: int
    public: bytes

    def __str__(self) -> str:
        """The key as text."""
        encoded = b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @property
    def key_id(self) -> bytes:
        """4 bytes that, with the name, tell whose a signature is."""
        return sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[:4]

    def holds(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the text. Never raises."""
        message, raw = text, signature
        if self.algorithm == COSIGNATURE:
            time, raw = int.from_bytes(signature[:_TIME_BYTES], "big"), signature[_TIME_BYTES:]
            if time >= _TIME_LIMIT:
                return False
            message = cosigned(text, time)
        if len(raw) != _SIGNATURE_BYTES:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(raw, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def time_of(self, signature: bytes) -> int | None:
        """When a cosigner says it signed, s since 1970; None for a signature without a time."""
        return int.from_bytes(signature[:_TIME_BYTES], "big") if self.algorithm == COSIGNATURE else None


def cosigned(text: bytes, time: int) -> bytes:
    """What a cosignature/v1 of this time, s since 1970, is over."""
    return b"cosignature/v1\ntime %d\n" % time + text


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: some text, in Unicode, without spaces, plus signs and control characters."""
    return bool(name) and not any(
        letter.isspace() or letter == "+" or letter < " " or "\ud800" <= letter <= "\udfff" for letter in name
    )


def parse_verifier_key(text: str) -> VerifierKey:
    """A key from its text. Raises MalformedKey for other texts, a wrong key id, and algorithms not known here."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        decoded = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        decoded = b""
    if not decoded or not is_key_name(name):
        raise MalformedKey(f"this is not a verifier key, <name>+<key id>+<base 64>: {text[:200]!r}")
    algorithm, public = decoded[0], decoded[1:]
    if algorithm not in (ED25519, COSIGNATURE):
        raise MalformedKey(f"the verifier key {name} is of algorithm {algorithm}: use one of 1 or 4, Ed25519")
    key = VerifierKey(name, algorithm, public)
    if len(public) != KEY_BYTES or key.key_id.hex() != key_id or b64encode(decoded).decode() != encoded:
        raise MalformedKey(f"the verifier key {name} is damaged, its key id does not fit its key: copy it again, whole")
    return key
