"""The signer's file: made once, read back, refused when it is not as it was left."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.checkpoint import TreeHead, open_checkpoint
from affidavit.core.receipt import open_receipt, receipt_of, receipts_name
from affidavit.core.rotation import follow
from affidavit.errors import DataDirectoryError
from affidavit.ledger.signer import Signer, create_signer, load_signer

ORIGIN = "example.org/ledger"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "signer.key"


def test_a_signer_is_read_back_as_it_was_made(path: Path) -> None:
    for _ in range(64):  # base 64 has a plus sign in every other key
        made = create_signer(path, ORIGIN)
        assert load_signer(path, ORIGIN) == made
        assert path.stat().st_mode & 0o777 == 0o600
        path.unlink()


def test_it_is_never_made_anew(path: Path) -> None:
    create_signer(path, ORIGIN)
    before = path.read_bytes()
    with pytest.raises(DataDirectoryError, match="keeps its signer"):
        create_signer(path, ORIGIN)
    assert path.read_bytes() == before


def test_others_must_not_be_able_to_read_it(path: Path) -> None:
    create_signer(path, ORIGIN)
    path.chmod(0o640)
    with pytest.raises(DataDirectoryError, match="chmod 600"):
        load_signer(path, ORIGIN)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"PRIVATE+KEY+example.org/ledger+00000000",
        b"PRIVATE+KEY+example.org/ledger+00000000+!!!!",
        b"PRIVATE+KEY+example.org/ledger+00000000+" + b64encode(b"\x01" + bytes(31)),
        b"PRIVATE+KEY+example.org/ledger+00000000+" + b64encode(b"\x02" + bytes(32)),
        b"PRIVATE+KEY+example.org/ledger+00000000+" + b64encode(b"\x01" + bytes(32)),
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(DataDirectoryError, match=r"signer\.key"):
        load_signer(path, ORIGIN)


def test_another_ledgers_signer_is_refused(path: Path) -> None:
    create_signer(path, "example.org/other")
    with pytest.raises(DataDirectoryError, match=r"signs for example\.org/other"):
        load_signer(path, ORIGIN)


def test_a_missing_file_is_said_to_be_missing(path: Path) -> None:
    with pytest.raises(DataDirectoryError, match="is missing"):
        load_signer(path, ORIGIN)


@given(st.binary(min_size=32, max_size=32))
def test_the_verifier_key_has_the_public_key(seed: bytes) -> None:
    name, key_id, encoded = str(Signer(ORIGIN, seed).verifier_key).split("+", 2)
    public = b64decode(encoded)
    assert (name, len(key_id)) == (ORIGIN, 8)
    assert public == b"\x01" + Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def test_the_key_id_is_that_of_the_signed_note_specification() -> None:
    """The verifier key of golang.org/x/mod/sumdb/note's own example."""
    seed = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    assert str(Signer("PeterNeumann", seed).verifier_key) == (
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    )


def test_what_it_signs_is_opened_with_its_verifier_key() -> None:
    signer = Signer(ORIGIN, bytes(32))
    opened = open_checkpoint(signer.checkpoint(7, bytes(32)), [signer.verifier_key])
    assert opened.head == TreeHead(ORIGIN, 7, bytes(32))


def test_receipts_are_signed_by_the_key_of_their_own_only(path: Path) -> None:
    signer = create_signer(path, receipts_name(ORIGIN))
    receipt = receipt_of(ORIGIN, [bytes(16)], [bytes(32)])
    assert open_receipt(signer.receipt(receipt), [signer.verifier_key]) == receipt
    for other in (Signer(ORIGIN, signer.seed), Signer(receipts_name("example.org/other"), signer.seed)):
        with pytest.raises(ValueError, match=r"does not sign receipts of example\.org/ledger"):
            other.receipt(receipt)


def test_a_signer_hands_over_to_another_of_its_ledger() -> None:
    old, new = Signer(ORIGIN, bytes(32)), Signer(ORIGIN, b"1" * 32)
    note = old.hand_over(new.verifier_key)
    assert follow(old.verifier_key, [note]) == [old.verifier_key, new.verifier_key]
    for other in (old, Signer("example.org/other", new.seed)):
        with pytest.raises(ValueError, match="does not hand over"):
            old.hand_over(other.verifier_key)
