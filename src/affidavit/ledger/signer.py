"""The signer: the ledger's own Ed25519 key, in a file that nobody but its owner can read.

The file holds one line in the signed-note private key encoding (golang.org/x/mod/sumdb/note, C2SP signed-note):
`PRIVATE+KEY+<name>+<key id>+<base64 of 0x01 ‖ seed>`. The name is the ledger's origin; receipts have a key of their
own, in a file of their own, whose name is `receipts_name(origin)`.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from pathlib import Path

import msgspec

from affidavit.core.checkpoint import TreeHead, format_checkpoint
from affidavit.core.notekey import ED25519, VerifierKey
from affidavit.core.receipt import Receipt, format_receipt, receipts_name
from affidavit.core.rotation import format_rotation
from affidavit.core.signing import SEED_BYTES, signed_note, verifier_key
from affidavit.errors import DataDirectoryError
from affidavit.ledger.private import create_private, read_private


class Signer(msgspec.Struct, frozen=True):
    """The key and the name it signs under. `seed`: 32 bytes, the Ed25519 private key (RFC 8032)."""

    name: str
    seed: bytes

    @property
    def verifier_key(self) -> VerifierKey:
        """What others verify with; `str` of it is the text that they are given."""
        return verifier_key(self.name, self.seed)

    def checkpoint(self, size: int, root: bytes) -> bytes:
        """The signed note that this ledger has `size` entries and this root, 32 bytes.

        Whoever calls must know that no other root was ever signed for this size.
        """
        return signed_note(format_checkpoint(TreeHead(self.name, size, root)), self.name, self.seed)

    def receipt(self, receipt: Receipt) -> bytes:
        """The signed note of a receipt. Raises ValueError unless this is the receipts' key of the receipt's ledger."""
        if self.name != receipts_name(receipt.origin):
            raise ValueError(f"{self.name} does not sign receipts of {receipt.origin}")
        return signed_note(format_receipt(receipt), self.name, self.seed)

    def hand_over(self, new: VerifierKey) -> bytes:
        """The signed note that `new` signs from now on. Raises ValueError for a key of another name, or its own."""
        if new.name != self.name or new == self.verifier_key:
            raise ValueError(f"{self.verifier_key} does not hand over to {new}")
        return signed_note(format_rotation(new), self.name, self.seed)


def create_signer(path: Path, name: str) -> Signer:
    """Make a key and write its file, readable by its owner only. Raises DataDirectoryError if the file exists."""
    signer = Signer(name, os.urandom(SEED_BYTES))
    encoded = b64encode(bytes([ED25519]) + signer.seed).decode()
    try:
        create_private(path, f"PRIVATE+KEY+{name}+{signer.verifier_key.key_id.hex()}+{encoded}")
    except FileExistsError:
        raise DataDirectoryError(f"{path} exists: a ledger keeps its signer, it is not made anew") from None
    return signer


def load_signer(path: Path, name: str | None) -> Signer:
    """Read the key; of whatever name it is, where `name` is None.

    Raises DataDirectoryError if it is missing, damaged, of another name, or readable by others.
    """
    line = read_private(path, "the ledger's signer")
    try:
        found, key_id, encoded = line.removeprefix("PRIVATE+KEY+").split("+", 2)
        secret = b64decode(encoded, validate=True)
    except ValueError:
        raise DataDirectoryError(f"{path} is not a signer's key: restore it from your backup") from None
    if len(secret) != 1 + SEED_BYTES or secret[0] != ED25519:
        raise DataDirectoryError(f"{path} is not an Ed25519 signer's key: restore it from your backup")
    if name not in (None, found):
        raise DataDirectoryError(f"{path} signs for {found}, but this is {name}: put it back to its own")
    signer = Signer(found, secret[1:])
    if signer.verifier_key.key_id.hex() != key_id:
        raise DataDirectoryError(f"{path} is damaged, its key id does not fit its key: restore it from your backup")
    return signer
