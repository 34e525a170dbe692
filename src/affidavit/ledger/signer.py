"""The signer: the ledger's own Ed25519 key, in a file that nobody but its owner can read.

The file holds one line in the signed-note private key encoding (golang.org/x/mod/sumdb/note, C2SP signed-note):
`PRIVATE+KEY+<origin>+<key id>+<base64 of 0x01 ‖ seed>`.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from affidavit.errors import DataDirectoryError
from affidavit.ledger.private import create_private, read_private

_ALGORITHM_ED25519 = b"\x01"
_SEED_BYTES = 32


class Signer(msgspec.Struct, frozen=True):
    """The key and the name it signs under. `seed`: 32 bytes, the Ed25519 private key (RFC 8032)."""

    origin: str
    seed: bytes

    @property
    def verifier_key(self) -> str:
        """What others verify with, as text: `<origin>+<key id>+<base64 of 0x01 ‖ public key>` (C2SP signed-note)."""
        return f"{self.origin}+{self.key_id}+{b64encode(self._public).decode()}"

    @property
    def key_id(self) -> str:
        """First 4 bytes of SHA-256(name ‖ newline ‖ algorithm ‖ public key), in hex (C2SP signed-note)."""
        return sha256(self.origin.encode() + b"\n" + self._public).hexdigest()[:8]

    @property
    def _public(self) -> bytes:
        return _ALGORITHM_ED25519 + Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()


def create_signer(path: Path, origin: str) -> Signer:
    """Make a key and write its file, readable by its owner only. Raises DataDirectoryError if the file exists."""
    signer = Signer(origin, os.urandom(_SEED_BYTES))
    line = f"PRIVATE+KEY+{origin}+{signer.key_id}+{b64encode(_ALGORITHM_ED25519 + signer.seed).decode()}"
    try:
        create_private(path, line)
    except FileExistsError:
        raise DataDirectoryError(f"{path} exists: a ledger keeps its signer, it is not made anew") from None
    return signer


def load_signer(path: Path, origin: str) -> Signer:
    """Read the key. Raises DataDirectoryError if it is missing, damaged, of another ledger, or readable by others."""
    line = read_private(path, "the ledger's signer")
    try:
        name, key_id, encoded = line.removeprefix("PRIVATE+KEY+").split("+", 2)
        secret = b64decode(encoded, validate=True)
    except ValueError:
        raise DataDirectoryError(f"{path} is not a signer's key: restore it from your backup") from None
    if len(secret) != 1 + _SEED_BYTES or secret[:1] != _ALGORITHM_ED25519:
        raise DataDirectoryError(f"{path} is not an Ed25519 signer's key: restore it from your backup")
    if name != origin:
        raise DataDirectoryError(f"{path} signs for {name}, but this ledger is {origin}")
    signer = Signer(name, secret[1:])
    if signer.key_id != key_id:
        raise DataDirectoryError(f"{path} is damaged, its key id does not fit its key: restore it from your backup")
    return signer
