"""Entry ids: 128 bits, a UUIDv7 (RFC 9562 section 5.7), whose same bits in Crockford base 32 are a ULID."""

from __future__ import annotations

import re
from functools import lru_cache

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CROCKFORD_VALUES = {letter: value for value, letter in enumerate(_CROCKFORD)}
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]
_TAIL_BITS = 30
_RANDOM_BITS = 74
_VERSION = 7 << 76
_VARIANT = 2 << 62
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Mint:
    """Makes ids that only ever grow. Owned by one sequencer; not for several threads."""

    def __init__(self, last: bytes | None = None) -> None:
        """`last`: the newest id already in the ledger (16 bytes); every id minted sorts after it."""
        self._ms, self._random = _split(last) if last else (0, 0)

    def ids(self, count: int, now_ms: int, entropy: bytes) -> list[bytes]:
        """`count` ids of 16 bytes at `now_ms` (ms since 1970). `entropy`: 8 random bytes, used when the clock moved."""
        if now_ms > self._ms:
            # The top bits stay clear, so that a million ids in one millisecond cannot overflow.
            self._ms, self._random = now_ms, int.from_bytes(entropy[:8], "big")
        minted = []
        for _ in range(count):
            self._random += 1
            if self._random >> _RANDOM_BITS:
                self._ms, self._random = self._ms + 1, 1
            high, low = self._random >> 62, self._random & (2**62 - 1)
            minted.append((self._ms << 80 | _VERSION | high << 64 | _VARIANT | low).to_bytes(16, "big"))
        return minted


def _split(identity: bytes) -> tuple[int, int]:
    number = int.from_bytes(identity, "big")
    return number >> 80, (number >> 64 & 0xFFF) << 62 | number & (2**62 - 1)


def uuid_text(identity: bytes) -> str:
    """16 bytes -> `018f3b1c-....`, lower case."""
    text = identity.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def ulid_text(identity: bytes) -> str:
    """16 bytes -> 26 letters of Crockford base 32."""
    number = int.from_bytes(identity, "big")
    head = _head(number >> _TAIL_BITS)
    return head + _PAIRS[number >> 20 & 1023] + _PAIRS[number >> 10 & 1023] + _PAIRS[number & 1023]


@lru_cache(maxsize=4096)
def _head(high: int) -> str:
    """The first 20 letters. Ids minted together share them, and every event of an answer needs its id as text."""
    return "".join([_PAIRS[high >> shift & 1023] for shift in range(90, -1, -10)])


def parse(text: str) -> bytes | None:
    """A UUID or a ULID, in either case -> 16 bytes; None for any other text."""
    if not text.isascii():  # the long s, ſ, has S for its upper case
        return None
    if _UUID.fullmatch(lowered := text.lower()):
        return bytes.fromhex(lowered.replace("-", ""))
    if len(text) != 26:
        return None
    number = 0
    for letter in text.upper():
        value = _CROCKFORD_VALUES.get(letter)
        if value is None:
            return None
        number = number << 5 | value
    return None if number >> 128 else number.to_bytes(16, "big")
