"""The receipt: what it says, whose it must be, and what it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.ids import uuid_text
from affidavit.core.merkle import root_of
from affidavit.core.note import Note, format_note
from affidavit.core.notekey import COSIGNATURE
from affidavit.core.receipt import Receipt, format_receipt, open_receipt, parse_receipt, receipt_of, receipts_name
from affidavit.core.signing import cosign, signed_note, verifier_key
from affidavit.errors import BadSignature, MalformedNote

ORIGIN, SEED = "ledger.example/1", bytes(range(32))
NAME = receipts_name(ORIGIN)
FIRST, LAST = bytes(15) + b"\1", bytes(15) + b"\xff"
HASHES = [bytes([number]) * 32 for number in range(3)]
RECEIPT = receipt_of(ORIGIN, [FIRST, bytes(15) + b"\2", LAST], HASHES)
ID, ROOT = uuid_text(FIRST), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
FROZEN = (
    "ledger.example/1/receipts\n"
    "3\n"
    "00000000-0000-0000-0000-000000000001 00000000-0000-0000-0000-0000000000ff\n"
    "YTheZ7W6dthTGyCtwUvsnvbgVTq8xW2JnmQNTWdAFCk=\n"
)


def test_frozen_text() -> None:
    assert Receipt(ORIGIN, 3, FIRST, LAST, root_of(HASHES)) == RECEIPT
    assert format_receipt(RECEIPT).decode() == FROZEN
    assert parse_receipt(FROZEN.encode()) == RECEIPT


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not four lines"),
        (f"o/receipts\n1\n{ID} {ID}\n{ROOT}", "not four lines"),
        (f"o/receipts\n1\n{ID} {ID}\n{ROOT}\nmore", "a name that ends in /receipts"),
        (f"o/receipts\n1\n{ID} {ID}\n{ROOT}\n\n", "not four lines"),
        (f"o/receipts\n1\n{ID}\n{ROOT}\n", "not four lines"),
        (f"o/receipts\n1\n{ID}  {ID}\n{ROOT}\n", "not four lines"),
        (f"/receipts\n1\n{ID} {ID}\n{ROOT}\n", "a name that ends in /receipts"),
        (f"o\n1\n{ID} {ID}\n{ROOT}\n", "a name that ends in /receipts"),
        (f"o/receipts\n1\nno id\n{ROOT}\n", "a name that ends in /receipts"),
        (f"o/receipts\n2\n{ID} none\n{ROOT}\n", "a name that ends in /receipts"),
        (f"o/receipts\n2\nnone {ID}\n{ROOT}\n", "a name that ends in /receipts"),
        (f"o/receipts\n0\n{ID} {uuid_text(LAST)}\n{ROOT}\n", "does not fit its ids"),
        (f"o/receipts\n0\n{ID} {ID}\n{ROOT}\n", "does not fit its ids"),
        (f"o/receipts\n2\n{ID} {ID}\n{ROOT}\n", "does not fit its ids"),
        (f"o/receipts\n1\n{ID} {uuid_text(LAST)}\n{ROOT}\n", "does not fit its ids"),
        (f"o/receipts\n01\n{ID} {ID}\n{ROOT}\n", "not a number"),
        (f"o/receipts\n1\n{ID} {ID}\n{ROOT[4:]}\n", "not the base 64 of 32 bytes"),
        (f"o/receipts\n1\n{'0' * 25}1 {'0' * 25}1\n{ROOT}\n", "not a UUID in lower case"),
    ],
)
def test_malformed_receipts(text: str, why: str) -> None:
    with pytest.raises(MalformedNote, match=why):
        parse_receipt(text.encode())


def test_a_receipt_that_is_not_utf_8() -> None:
    with pytest.raises(MalformedNote, match="not a receipt"):
        parse_receipt(FROZEN.encode().replace(b"example", b"\xff"))


ids = st.binary(min_size=16, max_size=16)


@given(st.lists(ids, min_size=1, max_size=9, unique=True), st.data())
def test_what_is_written_is_read(identities: list[bytes], data: st.DataObject) -> None:
    hashes = [data.draw(st.binary(min_size=32, max_size=32)) for _ in identities]
    receipt = receipt_of(ORIGIN, identities, hashes)
    assert parse_receipt(format_receipt(receipt)) == receipt


def test_it_is_opened_with_the_receipts_key_alone() -> None:
    text = format_receipt(RECEIPT)
    assert open_receipt(signed_note(text, NAME, SEED), [verifier_key(NAME, SEED)]) == RECEIPT
    for name in (ORIGIN, "other.example/receipts"):
        with pytest.raises(BadSignature, match=r"to sign as ledger\.example/1/receipts"):
            open_receipt(signed_note(text, name, SEED), [verifier_key(name, SEED)])
    with pytest.raises(BadSignature, match="no key that you trust"):
        open_receipt(signed_note(text, NAME, SEED), [verifier_key(ORIGIN, SEED)])
    cosigned = format_note(Note(text, (cosign(text, NAME, SEED, 1),)))
    with pytest.raises(BadSignature, match="to sign as"):
        open_receipt(cosigned, [verifier_key(NAME, SEED, COSIGNATURE)])
