"""The proof as a text: what it looks like, that it proves, and that nothing else is read."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.checkpoint import TreeHead, format_checkpoint
from affidavit.core.merkle import inclusion_spans, root_of
from affidavit.core.note import MAX_NOTE_BYTES
from affidavit.core.proof import MAX_PROOF_BYTES, Proof, format_proof, parse_proof, verify_proof
from affidavit.core.signing import signed_note, verifier_key
from affidavit.errors import BadProof, BadSignature, MalformedNote, MalformedProof

ORIGIN, SEED = "ledger.example/1", bytes(range(32))
KEY = verifier_key(ORIGIN, SEED)
LEAVES = [sha256(bytes([0, number])).digest() for number in range(5)]
CHECKPOINT = signed_note(format_checkpoint(TreeHead(ORIGIN, 5, root_of(LEAVES))), ORIGIN, SEED)


def proof_of(index: int) -> Proof:
    return Proof(index, tuple(root_of(LEAVES[start:end]) for start, end in inclusion_spans(index, 5)), CHECKPOINT)


FROZEN = (
    "c2sp.org/tlog-proof@v1\n"
    "extra aGk=\n"
    "index 2\n"
    "WDx9+3swVdmUZVRAMqVx4QoTSxtvdpQiu7cf1/oWel0=\n"
    "ogv5p8wtyKCPX0FacbGfasQnurVNJO7IaLXTEDRJlTo=\n"
    "TzUhLRL5rSA2SSyV8f55uvTse9m+89/6dXnyKT/1RqQ=\n"
    "\n"
)


def test_frozen_text() -> None:
    proof = proof_of(2)
    data = format_proof(Proof(2, proof.hashes, CHECKPOINT, b"hi"))
    assert data == FROZEN.encode() + CHECKPOINT
    assert parse_proof(data) == Proof(2, proof.hashes, CHECKPOINT, b"hi")


@pytest.mark.parametrize("index", range(5))
def test_every_entry_is_proved_and_no_other(index: int) -> None:
    proof = parse_proof(format_proof(proof_of(index)))
    assert verify_proof(proof, LEAVES[index], [KEY]).head.size == 5
    for other in LEAVES[:index] + LEAVES[index + 1 :]:
        with pytest.raises(BadProof, match=f"entry {index} of the 5 that {ORIGIN} signed"):
            verify_proof(proof, other, [KEY])


@pytest.mark.parametrize("index", [1, 3, 4, 5, 2**63 - 1])
def test_another_index_is_not_proved(index: int) -> None:
    with pytest.raises(BadProof):
        verify_proof(Proof(index, proof_of(2).hashes, CHECKPOINT), LEAVES[2], [KEY])


def test_a_checkpoint_that_is_not_trusted_proves_nothing() -> None:
    with pytest.raises(BadSignature):
        verify_proof(proof_of(2), LEAVES[2], [verifier_key(ORIGIN, bytes(32))])
    with pytest.raises(MalformedNote):
        verify_proof(Proof(2, proof_of(2).hashes, b"nonsense"), LEAVES[2], [KEY])


HASH = FROZEN.split("\n")[3]
V1 = "c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not begin with"),
        (f"{V1}index 0\n", "no empty line"),
        (f"{V1.replace('v1', 'v2')}index 0\n\n", "does not begin with"),
        (f" {V1}index 0\n\n", "does not begin with"),
        (f"{V1}\nindex 0\n\n", "index is missing"),
        (f"{V1}{HASH}\n\n", "index is missing"),
        (f"{V1}index\n\n", "index is missing"),
        (f"{V1}extra aGk=\n\n", "index is missing"),
        (f"{V1}extra aGk=\nextra aGk=\nindex 0\n\n", "index is missing"),
        (f"{V1}index 0\nextra aGk=\n\n", "not the base 64 of 32 bytes"),
        (f"{V1}extra \nindex 0\n\n", "not base 64"),
        (f"{V1}extra aGk\nindex 0\n\n", "not base 64"),
        (f"{V1}extra aGl=\nindex 0\n\n", "not base 64"),
        (f"{V1}index 00\n\n", "not a number"),
        (f"{V1}index -1\n\n", "not a number"),
        (f"{V1}index 9223372036854775808\n\n", "not a number"),
        (f"{V1}index 0\n{HASH[4:]}\n\n", "not the base 64 of 32 bytes"),
        (f"{V1}index 0\n{HASH}\r\n\n", "not the base 64 of 32 bytes"),
        (f"{V1}index 0\n" + f"{HASH}\n" * 64 + "\n", "64 hashes, no tree needs more than 63"),
        (f"{V1}index ٠\n\n", "not ASCII"),
        (V1 + "x" * MAX_PROOF_BYTES, "the limit is 2,000,000"),
    ],
)
def test_malformed_proofs(text: str, why: str) -> None:
    with pytest.raises(MalformedProof, match=why):
        parse_proof(text.encode())


def test_the_checkpoint_is_kept_as_it_is() -> None:
    """Empty lines too: the first one ends the proof, the last one the checkpoint's text."""
    assert parse_proof(f"{V1}index 0\n\na\n\nb\n\n".encode()) == Proof(0, (), b"a\n\nb\n\n")


hashes = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)


@given(st.builds(Proof, st.integers(0, 2**63 - 1), hashes, st.binary(max_size=300), st.binary(max_size=300)))
def test_what_is_written_is_read(proof: Proof) -> None:
    assert parse_proof(format_proof(proof)) == proof


@given(st.binary(max_size=200))
def test_any_bytes_are_a_proof_or_malformed(tail: bytes) -> None:
    for data in (tail, V1.encode() + tail, f"{V1}index 7\n".encode() + tail):
        try:
            proof = parse_proof(data)
        except MalformedProof:
            continue
        assert format_proof(proof) == data


def test_a_proof_has_room_for_the_largest_note() -> None:
    note = b"x" * MAX_NOTE_BYTES
    assert parse_proof(format_proof(Proof(2**63 - 1, (bytes(32),) * 63, note))).checkpoint == note
