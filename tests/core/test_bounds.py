"""Where the core's checks begin and end: the first value that counts and the last that does not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from affidavit.core.entry import entry_hash
from affidavit.core.note import open_note, parse_note, verify_note
from affidavit.core.notekey import COSIGNATURE, is_key_name
from affidavit.core.proof import MAX_PROOF_BYTES, format_proof, parse_proof
from affidavit.core.proof import Proof as InclusionProof
from affidavit.core.signing import cosign, signed_note, verifier_key
from affidavit.core.verify import check_entry, first_tip
from affidavit.errors import BadSignature, MalformedProof
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
