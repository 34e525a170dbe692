"""Checks of the verifier that stand behind another one: what comes by where only they can refuse it."""

from __future__ import annotations

import io
from base64 import b64encode

import pytest

from affidavit.core import ids
from affidavit.core.entry import payload_commitment
from affidavit.core.signing import sign
from affidavit.model import own
from affidavit.verifier.affidavit_verify import Malformed, read_at
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


@pytest.mark.parametrize("first", ["[]", '["x"]', "7"])
def test_a_field_twice_in_what_the_ledger_itself_recorded(first: str) -> None:
    """Readers differ on which of the two counts. So neither does: it erases nothing."""
    ledger = cases.Ledger()
    (entry,) = ledger.record("one", {"n": 1})
    (said,) = ledger.submit(own.submission("erasure", {"entries": [ids.uuid_text(entry.id)]}, ledger.now))
    payload = said.payload.replace(b'{"entries"', b'{"entries":%s,"entries"' % first.encode())
    ledger.forge(1, commitment=payload_commitment(said.salt, payload))
    ledger.seal()
    bundle = cases.changed(ledger.bundle(ALL), "payloads", lambda content: content.replace(said.payload, payload))
    assert cases.auditor(ledger).codes(bundle) == (0, [])


def test_a_signature_that_is_too_short() -> None:
    ledger = cases.usual()
    checkpoint = ledger.seal().note
    name, key = ORIGIN, ledger.signer.verifier_key
    for signature in (b"x", b"x" * 63, b"x" * 65):
        line = f"— {name} {b64encode(key.key_id + signature).decode()}\n".encode()
        assert held(checkpoint.partition(b"\n\n")[0] + b"\n\n" + line) == (1, ["signature-invalid"])


def malformed(bundle: bytes) -> list[str]:
    """The codes of what is no bundle."""
    exit_code, codes = cases.auditor(cases.Ledger()).codes(bundle)
    assert exit_code == 2
    return codes


@pytest.fixture
def bundle() -> bytes:
    ledger = cases.usual()
    ledger.seal()
    return ledger.bundle(ALL)


@pytest.mark.parametrize("gap", [b"\0", b"PK\1\2", bytes(100)])
def test_a_gap_before_the_directory_that_all_offsets_know_of(bundle: bytes, gap: bytes) -> None:
    start = int.from_bytes(bundle[-6:-2], "little")
    end = (start + len(gap)).to_bytes(4, "little")
    assert malformed(bundle[:start] + gap + bundle[start:-6] + end + bundle[-2:]) == ["container"]


def test_a_name_that_is_no_text(bundle: bytes) -> None:
    assert malformed(bundle.replace(b"nodes", b"nod\xffs")) == ["container"]


def test_a_file_that_shrinks_while_it_is_read() -> None:
    assert read_at(io.BytesIO(b"abc"), 1, 2) == b"bc"
    with pytest.raises(Malformed, match="ends early"):
        read_at(io.BytesIO(b"abc"), 1, 3)
