"""Checks of the verifier that stand behind another one: what comes by where only they can refuse it."""

from __future__ import annotations

import pytest

from affidavit.core.signing import sign
from tests.evidence import cases
from tests.evidence.cases import ALL, ORIGIN

NOTE_BYTES = 1_000_000
"""docs/formats/checkpoint.md"""
SEED = bytes([1]) * 32


def held(note: bytes) -> tuple[int, list[str]]:
    """What comes of a bundle where the auditor holds this note."""
    ledger = cases.usual()
    ledger.seal()
    return cases.auditor(ledger, held=[note]).codes(ledger.bundle(ALL))


@pytest.mark.parametrize("character", ["\t", "\r", "\0", "\x1f", "\x0b"])
def test_a_control_character_that_is_signed(character: str) -> None:
    text = f"{ORIGIN}{character}\n1\n{'A' * 43}=\n".encode()
    assert held(text + b"\n" + sign(text, ORIGIN, SEED).line.encode()) == (2, ["note"])


def test_a_note_as_long_as_it_may_be() -> None:
    """All of it is right; a byte more is too long."""
    ledger = cases.usual()
    checkpoint = ledger.seal().note
    room = NOTE_BYTES - len(checkpoint)
    for more, expected in ((0, (0, [])), (1, (2, ["note"]))):
        name = "w" * (room + more - len("—  AAAAAAA=\n".encode()))
        longest = checkpoint + f"— {name} AAAAAAA=\n".encode()
        assert len(longest) == NOTE_BYTES + more
        assert held(longest) == expected


def test_a_note_with_as_many_signatures_as_it_may_have() -> None:
    ledger = cases.usual()
    checkpoint = ledger.seal().note
    others = [sign(b"x\n", f"w{number}", SEED).line.encode() for number in range(100)]
    assert held(checkpoint + b"".join(others[:99])) == (0, [])
    assert held(checkpoint + b"".join(others)) == (2, ["note"])
