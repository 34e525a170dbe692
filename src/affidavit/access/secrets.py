"""Signing secrets: what a vendor's client signs its requests with.

None is stored. Each is derived from the ledger's master secret, a file beside the ledger, and the key's id, so that a
signature can be checked, and a stolen database has nothing to sign with.
"""

from __future__ import annotations

import hmac


def derive(master: bytes, key_id: str, generation: int, prefix: str, secret_bytes: int) -> str:
    """The secret of a key as its owner gets it: `prefix` and `secret_bytes` bytes in hex, at most 32.

    HMAC-SHA256(master, "affidavit/signing/v1\\0" ‖ key id ‖ "\\0" ‖ generation): `generation` counts rotations, from 1.
    """
    subject = b"affidavit/signing/v1\x00" + key_id.encode() + b"\x00" + str(generation).encode()
    return prefix + hmac.digest(master, subject, "sha256")[:secret_bytes].hex()
