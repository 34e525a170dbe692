"""Agent Security Numbers: ASN-YYYY-BBBB-NNNN-C, and the agents' ids that follow from them.

BBBB-NNNN is drawn, not counted up: a counter would tell everybody how many agents all workspaces together have, and
lead to each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from affidavit.core import instants
from affidavit.core.ids import uuid_text

MAX_DRAWS: Final = 32
"""Numbers tried for one agent. With a million agents registered in a year, one draw in a hundred is taken."""
_NUMBERS: Final = 10**8


def draw(at: int, entropy: bytes) -> Iterator[str]:
    """The numbers to try for an agent registered at `at` (µs since 1970), in order: the same for the same `entropy`."""
    year = instants.text(at)[:4]
    for attempt in range(MAX_DRAWS):
        drawn = int.from_bytes(sha256(entropy + bytes([attempt])).digest()[:8]) % _NUMBERS
        digits = f"{drawn:08}"
        yield f"ASN-{year}-{digits[:4]}-{digits[4:]}-{luhn_digit(year + digits)}"


def luhn_digit(digits: str) -> int:
    """The digit that makes the sum of all a multiple of ten, every second one doubled (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return -total % 10


def agent_id(asn: str) -> str:
    """The agent's id: a UUIDv8 (RFC 9562 section 5.8) of the number's SHA-256, so that no answer has to look it up."""
    digest = int.from_bytes(sha256(asn.encode()).digest()[:16])
    return uuid_text((digest & ~(0xF << 76 | 3 << 62) | 8 << 76 | 2 << 62).to_bytes(16, "big"))
