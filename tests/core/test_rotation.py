"""Rotation: an auditor who trusts one signer comes to the newest, and nowhere else."""

from __future__ import annotations

import pytest

from affidavit.core.note import Note, Signature, format_note
from affidavit.core.notekey import COSIGNATURE, VerifierKey
from affidavit.core.rotation import follow, format_rotation, parse_rotation
from affidavit.core.signing import signed_note, verifier_key
from affidavit.errors import BadSignature, MalformedNote

ORIGIN = "ledger.example/1"
SEEDS = [bytes([number]) * 32 for number in range(4)]
KEYS = [verifier_key(ORIGIN, seed) for seed in SEEDS]


def handed(old: int, new: VerifierKey) -> bytes:
    return signed_note(format_rotation(new), ORIGIN, SEEDS[old])


NOTES = [handed(number, KEYS[number + 1]) for number in range(3)]


def test_frozen_text() -> None:
    text = b"ledger.example/1\nsigner\nledger.example/1+2d1ed841+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop\n"
    assert format_rotation(KEYS[0]) == text
    assert parse_rotation(text) == KEYS[0]


@pytest.mark.parametrize("trusted", range(4))
def test_it_is_followed_from_any_signer_to_the_newest(trusted: int) -> None:
    assert follow(KEYS[trusted], NOTES) == KEYS[trusted:]


def test_a_stranger_is_where_they_were() -> None:
    stranger = verifier_key(ORIGIN, b"s" * 32)
    assert follow(stranger, NOTES) == [stranger]
    assert follow(KEYS[0], []) == [KEYS[0]]
    other_name = VerifierKey("other.example", 1, KEYS[0].public)
    assert follow(other_name, NOTES) == [other_name]
    same_id = Signature("other.example", KEYS[0].key_id, bytes(64))
    assert follow(KEYS[0], [format_note(Note(format_rotation(KEYS[1]), (same_id,)))]) == [KEYS[0]]


@pytest.mark.parametrize(
    ("notes", "why"),
    [
        ([NOTES[0], NOTES[2]], "no key that you trust"),
        ([NOTES[0], NOTES[0]], "no key that you trust"),
        ([NOTES[0], handed(0, KEYS[2])], "no key that you trust"),
        ([NOTES[0], handed(3, KEYS[2])], "no key that you trust"),
        ([NOTES[0].replace(b"+AYqI", b"+AYqJ")], "not the rotation of a signer"),
        ([handed(0, KEYS[0])], "used before"),
        ([NOTES[0], handed(1, KEYS[0])], "used before"),
        ([handed(0, verifier_key("other.example", SEEDS[1]))], "of another ledger"),
    ],
)
def test_a_chain_that_breaks(notes: list[bytes], why: str) -> None:
    with pytest.raises((BadSignature, MalformedNote), match=why):
        follow(KEYS[0], notes)


def test_what_the_signature_is_over_was_changed() -> None:
    note = NOTES[0].replace(str(KEYS[1]).encode(), str(KEYS[2]).encode())
    with pytest.raises(BadSignature, match="not over this text"):
        follow(KEYS[0], [note])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"ledger.example/1\nsigner\n",
        b"ledger.example/1\nsigner\nnonsense\n",
        f"ledger.example/1\nsigner\n{KEYS[0]}".encode(),
        f"ledger.example/1\nsigner\n{KEYS[0]}\nmore".encode(),
        f"ledger.example/1\nsigner\n{KEYS[0]}\n\n".encode(),
        f"ledger.example/1\nkey\n{KEYS[0]}\n".encode(),
        f"other.example\nsigner\n{KEYS[0]}\n".encode(),
        format_rotation(verifier_key(ORIGIN, SEEDS[0], COSIGNATURE)),
        b"ledger.example/1\nsigner\n\xff\n",
        b"ledger.example/1\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
    ],
)
def test_texts_that_are_no_rotations(text: bytes) -> None:
    with pytest.raises(MalformedNote, match="not the rotation of a signer"):
        parse_rotation(text)
