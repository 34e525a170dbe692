"""Where the core's checks begin and end: the first value that counts and the last that does not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from affidavit.core.entry import entry_hash
from affidavit.core.note import open_note, parse_note, verify_note
from affidavit.core.notekey import COSIGNATURE, is_key_name
from affidavit.core.policy import MAX_POLICY_BYTES, parse_policy
from affidavit.core.proof import MAX_PROOF_BYTES, format_proof, parse_proof
from affidavit.core.proof import Proof as InclusionProof
from affidavit.core.proposal import MAX_HASHES, Proposal, cosignature_in, format_proposal, parse_proposal
from affidavit.core.signing import cosign, signed_note, verifier_key
from affidavit.core.tiles import TILE_WIDTH, Tile, decode_entries, encode_entries, tiles_of
from affidavit.core.verify import check_entry, first_tip
from affidavit.errors import BadSignature, MalformedNote, MalformedPolicy, MalformedProof
from tests.core.ledgers import ORIGIN, ledger

SEED = bytes(range(32))
TEXT = b"text\n"


def test_a_note_is_opened_by_a_key_that_signed_it_only() -> None:
    note = signed_note(TEXT, "signer", SEED)
    assert open_note(note, [verifier_key("signer", SEED)]) == TEXT
    with pytest.raises(BadSignature):
        open_note(note, [verifier_key("signer", bytes(32))])


@pytest.mark.parametrize("times", [(0, 1), (1, 0), (7, 8, 7)])
def test_the_newest_cosignature_counts_from_the_first_second_on(times: tuple[int, ...]) -> None:
    lines = "".join(cosign(TEXT, "witness", SEED, time).line for time in times)
    (verified,) = verify_note(parse_note(TEXT + b"\n" + lines.encode()), [verifier_key("witness", SEED, COSIGNATURE)])
    assert verified.time == max(times)


@pytest.mark.parametrize("code", [0xD800, 0xDC80, 0xDFFF, 0x1F, ord("+"), ord(" "), 0x2003])
def test_letters_that_no_name_has(code: int) -> None:
    assert not is_key_name(f"a{chr(code)}b")


@pytest.mark.parametrize("code", [0xD7FF, 0xE000, ord("!"), ord(","), ord("*")])
def test_letters_beside_them(code: int) -> None:
    assert is_key_name(f"a{chr(code)}b")


def test_a_proof_as_long_as_it_may_be() -> None:
    empty = len(format_proof(InclusionProof(0, (), b"")))
    longest = InclusionProof(0, (), b"x" * (MAX_PROOF_BYTES - empty))
    assert parse_proof(format_proof(longest)) == longest
    with pytest.raises(MalformedProof):
        parse_proof(format_proof(longest) + b"x")


def test_a_first_entry_from_the_beginning_of_time() -> None:
    first = replace(ledger()[0][0], at=0)
    first = replace(first, hash=entry_hash(first.header))
    assert check_entry(first, first_tip(ORIGIN, first.chain))[0] == []


def test_a_policy_as_long_as_it_may_be() -> None:
    longest = b"quorum none\n".ljust(MAX_POLICY_BYTES, b"\n")
    assert parse_policy(longest).quorum == "none"
    with pytest.raises(MalformedPolicy):
        parse_policy(longest + b"\n")


def test_as_many_hashes_as_a_proposal_may_have() -> None:
    most = Proposal(1, (bytes(32),) * MAX_HASHES, b"note")
    assert parse_proposal(format_proposal(most)) == most
    with pytest.raises(MalformedProof):
        parse_proposal(format_proposal(Proposal(1, (bytes(32),) * (MAX_HASHES + 1), b"note")))


def test_a_witness_whose_last_line_does_not_end() -> None:
    line = cosign(TEXT, "witness", SEED, 1).line
    with pytest.raises(MalformedNote):
        cosignature_in(f"{line}— other".encode(), TEXT, verifier_key("witness", SEED, COSIGNATURE))


def test_the_tiles_of_one_entry() -> None:
    assert list(tiles_of(0, 1)) == [Tile(0, 0, 1)]
    assert list(tiles_of(0, 1, 1)) == []


def test_as_many_entries_as_a_tile_may_have() -> None:
    full = [b"header"] * TILE_WIDTH
    assert decode_entries(encode_entries(full)) == full
    with pytest.raises(MalformedProof):
        decode_entries(encode_entries([*full, b"one more"]))


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_tile_that_ends_inside_its_last_entry(cut: int) -> None:
    with pytest.raises(MalformedProof):
        decode_entries(encode_entries([b"h", b"i"])[:-cut] if cut < 3 else b"\0")
