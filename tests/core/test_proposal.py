"""What is sent to a witness: frozen bytes, a round trip, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.note import parse_note
from affidavit.core.notekey import COSIGNATURE
from affidavit.core.proposal import MAX_HASHES, Proposal, cosignature_in, format_proposal, parse_proposal
from affidavit.core.signing import cosign, verifier_key
from affidavit.errors import BadSignature, MalformedNote, MalformedProof

NOTE = b"log.example\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 log.example AAAAAAA=\n"
ZEROS = "A" * 43 + "="
FROZEN = f"old 2\n{ZEROS}\n\n".encode() + NOTE


def test_frozen_bytes() -> None:
    assert format_proposal(Proposal(2, (bytes(32),), NOTE)) == FROZEN
    assert parse_proposal(FROZEN) == Proposal(2, (bytes(32),), NOTE)


@given(
    old=st.integers(0, 2**63 - 1),
    proof=st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_HASHES),
    checkpoint=st.binary(max_size=200),
)
def test_what_is_sent_is_what_is_read(old: int, proof: list[bytes], checkpoint: bytes) -> None:
    """The checkpoint is not looked at: it may be anything."""
    proposal = Proposal(old, tuple(proof), checkpoint)
    assert parse_proposal(format_proposal(proposal)) == proposal


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "does not begin with"),
        (NOTE, "does not begin with"),
        (FROZEN.replace(b"old 2", b"new 2"), "does not begin with"),
        (b"old 2\n", "no empty line"),
        (FROZEN.replace(b"old 2", b"old two"), "'two' is not a number"),
        (FROZEN.replace(b"old 2", b"old 02"), "'02' is not a number"),
        (FROZEN.replace(b"old 2", b"old -2"), "'-2' is not a number"),
        (FROZEN.replace(b"old 2", b"old  2"), "' 2' is not a number"),
        (FROZEN.replace(b"old 2", b"old 9223372036854775808"), "is not a number"),
        (FROZEN.replace(b"old 2\n", b"old 2\r\n"), "is not a number"),
        (FROZEN.replace(b"old 2", "old ２".encode()), "byte 4 is not ASCII"),
        (FROZEN.replace(b"A=\n\n", b"B=\n\n", 1), "is not the base 64 of 32 bytes"),
        (FROZEN.replace(b"A=\n\n", b"\n\n", 1), "is not the base 64 of 32 bytes"),
        (b"old 2\n" + f"{ZEROS}\n".encode() * 64 + b"\n" + NOTE, "it has 64 hashes"),
    ],
)
def test_what_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(MalformedProof, match=words):
        parse_proposal(data)


KEY = verifier_key("witness.example", b"w" * 32, COSIGNATURE)
TEXT = parse_note(NOTE).text
LINE = cosign(TEXT, "witness.example", b"w" * 32, 5).line
OTHERS = cosign(TEXT, "other.example", b"o" * 32, 5).line


def test_the_line_of_an_answer() -> None:
    """Among those of others, wherever it stands."""
    for answer in (LINE, OTHERS + LINE, LINE + OTHERS):
        assert cosignature_in(answer.encode(), TEXT, KEY) == LINE


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (b"", MalformedNote, "not lines"),
        (LINE.encode()[:-1], MalformedNote, "not lines"),
        (b"\xff\n", MalformedNote, "not UTF-8 from byte 0"),
        (b"\n", MalformedNote, "not a signature line"),
        (OTHERS.encode(), BadSignature, "is not among those who signed"),
        (cosign(TEXT + b"more\n", "witness.example", b"w" * 32, 5).line.encode(), BadSignature, "is not over"),
    ],
)
def test_answers_that_are_none(answer: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        cosignature_in(answer, TEXT, KEY)
