"""Numbers and hashes as lines of the text formats: each has one way to be written, and no other is read."""

from __future__ import annotations

import binascii
import re
from base64 import b64encode
from typing import Final

from affidavit.core.merkle import HASH_BYTES
from affidavit.errors import MalformedNote

MAX_NUMBER: Final = (1 << 63) - 1
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def parse_number(text: str) -> int:
    """A size or an index: ASCII decimal, without sign or leading zeros, at most MAX_NUMBER. Raises MalformedNote."""
    if not _NUMBER.fullmatch(text) or int(text) > MAX_NUMBER:
        raise MalformedNote(f"{text[:40]!r} is not a number from 0 to {MAX_NUMBER}: the text was changed, take it anew")
    return int(text)


def format_hash(digest: bytes) -> str:
    """Base 64 (RFC 4648 section 4)."""
    return b64encode(digest).decode()


def parse_hash(text: str) -> bytes:
    """32 bytes in base 64. Raises MalformedNote for another length, and for unused bits that are not zero."""
    try:
        digest = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        digest = b""
    if len(digest) != HASH_BYTES or format_hash(digest) != text:
        raise MalformedNote(
            f"{text[:80]!r} is not the base 64 of {HASH_BYTES} bytes: the text was changed, take it anew"
        )
    return digest
