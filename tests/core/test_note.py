"""The signed note: public vectors, what is refused and why, and that what is signed is what is read."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    Signature,
    format_note,
    open_note,
    parse_note,
    parse_signature,
    verify_note,
)
from affidavit.core.notekey import COSIGNATURE, VerifierKey, parse_verifier_key
from affidavit.core.signing import cosign, sign, signed_note, verifier_key
from affidavit.errors import BadSignature, MalformedKey, MalformedNote

SHARED = Path(__file__).parents[3] / "shared" / "vectors"
FILE = SHARED / "signed-note" / "vectors.json"
PUBLIC: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
WITNESSED = SHARED / "tlog-tiles-api"

NAME, SEED = "ledger.example/1", bytes(range(32))
KEY = verifier_key(NAME, SEED)
TEXT = "Größe\n\nzwei\n".encode()
FROZEN_KEY = "ledger.example/1+80374361+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
FROZEN_NOTE = (
    "Größe\n\nzwei\n\n— ledger.example/1 "
    "gDdDYVLewbXPgkUCVHmomZDL7oOUAiZGj8ABrRsTLmpmWumwCY/tf409DM6r1iSBSrE3K1PNAGf9SmGW+QPKnLW0xAo=\n"
)
LINE = sign(TEXT, NAME, SEED).line


def test_frozen_bytes() -> None:
    """Ed25519 is deterministic: these never change."""
    assert str(KEY) == FROZEN_KEY
    assert signed_note(TEXT, NAME, SEED).decode() == FROZEN_NOTE
    assert open_note(FROZEN_NOTE.encode(), [parse_verifier_key(FROZEN_KEY)]) == TEXT


def test_a_frozen_cosignature() -> None:
    key = parse_verifier_key("ledger.example/1+c9789931+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4")
    assert key == verifier_key(NAME, SEED, COSIGNATURE)
    line = (
        "— ledger.example/1 "
        "yXiZMQAAAABqsTuAQ5nKUOhWpTOWz+hqW0eQ7iuhJg1vL2u63iWiXW3vqJcoKwnSFakxrcJoaDRC/pIBdT/8yAxcb9R8WvvHhSLSCw=="
    )
    assert cosign(TEXT, NAME, SEED, 1_790_000_000).line == line + "\n"


@pytest.mark.parametrize("algorithm", [0, 2, 3, 5, 6, 255])
def test_keys_of_other_algorithms(algorithm: int) -> None:
    with pytest.raises(MalformedKey, match=f"of algorithm {algorithm}:"):
        parse_verifier_key(str(VerifierKey(NAME, algorithm, KEY.public)))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_of_other_lengths(length: int) -> None:
    with pytest.raises(MalformedKey, match="copy it again"):
        parse_verifier_key(str(VerifierKey(NAME, 1, bytes(length))))


@pytest.mark.parametrize("name", ["", "two names", "plus+sign", "tab\tbed", "bell\x07", "ideo\u3000graphic"])
def test_names_that_no_key_has(name: str) -> None:
    with pytest.raises(MalformedKey, match="not a verifier key"):
        parse_verifier_key(str(VerifierKey(name, 1, KEY.public)))


@pytest.mark.parametrize("vector", PUBLIC.get("open", []), ids=lambda vector: vector["name"])
def test_public_notes(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["msg_hex"]) if "msg_hex" in vector else vector["msg"].encode()
    keys = [parse_verifier_key(text) for text in vector["vkeys"]]
    if vector["ok"] is False:
        with pytest.raises((MalformedNote, BadSignature)):
            verify_note(parse_note(data), keys)
    else:  # None: the specification's own example, which says nothing of who verified
        found = [signer.key.name for signer in verify_note(parse_note(data), keys)]
        assert found == vector.get("verified", [keys[0].name])


@pytest.mark.skipif(not PUBLIC, reason="the public vectors are not here")
def test_the_public_signature_is_made() -> None:
    _, _, name, _, encoded = PUBLIC["private_key"].split("+", 4)
    text, want = PUBLIC["sign"]["text"], PUBLIC["sign"]["want"]
    assert signed_note(text.encode(), name, b64decode(encoded)[1:]).decode() == want


@pytest.mark.parametrize("text", PUBLIC.get("bad_vkeys", []))
def test_public_keys_that_are_none(text: str) -> None:
    with pytest.raises(MalformedKey):
        parse_verifier_key(text)


@pytest.mark.skipif(not PUBLIC, reason="the public vectors are not here")
def test_public_cosignature_keys() -> None:
    others = PUBLIC["valid_vkeys_other_types"]
    keys = [parse_verifier_key(text) for text in others["cosignature_v1_ed25519"]]
    assert [str(key) for key in keys] == others["cosignature_v1_ed25519"]
    assert COSIGNATURE in {key.algorithm for key in keys}
    for text in others["ecdsa"]:
        with pytest.raises(MalformedKey, match="of algorithm 2"):
            parse_verifier_key(text)


@pytest.mark.skipif(not WITNESSED.exists(), reason="the public vectors are not here")
@pytest.mark.parametrize(
    ("checkpoint", "about"),
    [
        ("mirror300/checkpoint", "mirror300/mirror.v0.json"),
        ("witness300/checkpoint", "witness300/witness.v0.json"),
        ("witness300/checkpoint2", "witness300/witness2.v0.json"),
    ],
)
def test_public_cosignatures(checkpoint: str, about: str) -> None:
    """Of witnesses that another program runs, beside a signature of an algorithm not known here."""
    (text,) = json.loads((WITNESSED / about).read_text())["verifier_keys"]
    key = parse_verifier_key(text)
    (signer,) = verify_note(parse_note((WITNESSED / checkpoint).read_bytes()), [key])
    assert (signer.key, signer.time) == (key, 1767139200)


def test_no_part_of_a_key_and_no_changed_letter_of_it_is_a_key() -> None:
    parts = {FROZEN_KEY[start:end] for start in range(len(FROZEN_KEY)) for end in range(start, len(FROZEN_KEY) + 1)}
    changed = {
        FROZEN_KEY[:at] + chr(ord(letter) + step) + FROZEN_KEY[at + 1 :]
        for at, letter in enumerate(FROZEN_KEY)
        for step in (1, -1, 256)
    }
    for text in (
        parts
        | changed
        | {FROZEN_KEY + "=", FROZEN_KEY + "\n", "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"}
    ) - {FROZEN_KEY}:
        with pytest.raises(MalformedKey):
            parse_verifier_key(text)


MALFORMED = [
    # note, what the message says
    (b"", "no empty line"),
    (b"\n", "no empty line"),
    (TEXT, "not a signature line: 'zwei'"),
    (b"text\n\n", "nobody signed it"),
    (b"text\n\n" + LINE.encode()[:-1], "does not end in a line feed"),
    (b"text\n" + LINE.encode(), "no empty line"),
    (b"text\n\n" + LINE.encode() + b"\n", "nobody signed it"),
    (b"te\rxt\n\n" + LINE.encode(), r"control character '\\r'"),
    (b"te\0xt\n\n" + LINE.encode(), r"control character '\\x00'"),
    (b"text\t\n\n" + LINE.encode(), r"control character '\\t'"),
    (b"te\xffxt\n\n" + LINE.encode(), "not UTF-8 from byte 2"),
    ("te\ud800xt\n\n".encode("utf-8", "surrogatepass") + LINE.encode(), "not UTF-8"),
    (b"text\n\n" + LINE.encode() * (MAX_SIGNATURES + 1), "101 signatures, the limit is 100"),
    (b"t" * MAX_NOTE_BYTES + b"\n\n" + LINE.encode(), "the limit is 1,000,000"),
]


@pytest.mark.parametrize(("data", "why"), MALFORMED)
def test_malformed_notes(data: bytes, why: str) -> None:
    with pytest.raises(MalformedNote, match=why):
        parse_note(data)


ENCODED = b64encode(bytes(68)).decode()
NO_LINES = [
    "",
    "—",
    "— ",
    f"— name  {ENCODED}",
    f"- name {ENCODED}",
    f"—name {ENCODED}",
    f"name {ENCODED}",
    f"—  {ENCODED}",
    f"— {ENCODED}",
    f"— two names {ENCODED}",
    f"— non\u00a0breaking {ENCODED}",
    f"— ideo\u3000graphic {ENCODED}",
    f"— plus+sign {ENCODED}",
    f"— name {ENCODED} ",
    f"— name {ENCODED[:-1]}",
    f"— name {ENCODED}=",
    f"— name {ENCODED[:-1]}é",
    f"— name {ENCODED[:8]}-{ENCODED[9:]}",
    "— name ",
    "— name AAAA",
    f"— name {b64encode(bytes(6)).decode()}=",
    f"— name {b64encode(bytes(4)).decode()}",
]


@pytest.mark.parametrize("line", NO_LINES)
def test_lines_that_are_no_signatures(line: str) -> None:
    with pytest.raises(MalformedNote, match="not a signature line"):
        parse_signature(line)


def test_the_limits_themselves_are_within() -> None:
    assert len(parse_note(b"text\n\n" + LINE.encode() * MAX_SIGNATURES).signatures) == MAX_SIGNATURES
    tail = b"\n\n" + LINE.encode()
    assert parse_note(b"t" * (MAX_NOTE_BYTES - len(tail)) + tail)
    assert parse_signature(f"— name {b64encode(bytes(5)).decode()}").signature == b"\0"


def test_unused_bits_of_a_signature_are_nobodys_business() -> None:
    """Other programs read such a line too, and then say that the signature is wrong, or that it holds."""
    line = sign(TEXT, NAME, SEED).line
    assert line.endswith("o=\n")
    loose = line.replace("o=\n", "p=\n")
    assert parse_signature(loose[:-1]) == parse_signature(line[:-1])


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: not any(letter.isspace() or letter in "+" or letter < " " for letter in name)
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map(
    lambda text: ("".join(letter for letter in text if letter >= " " or letter == "\n") + "\n").encode()
)
signatures = st.builds(Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))


@given(texts, st.lists(signatures, min_size=1, max_size=MAX_SIGNATURES))
def test_what_is_written_is_read(text: bytes, lines: list[Signature]) -> None:
    note = Note(text, tuple(lines))
    assert parse_note(format_note(note)) == note


@given(texts, names, st.binary(min_size=32, max_size=32), st.integers(0, 2**63 - 1))
def test_what_is_signed_is_verified(text: bytes, name: str, seed: bytes, time: int) -> None:
    note = Note(text, (sign(text, name, seed), cosign(text, name, seed, time)))
    keys = [verifier_key(name, seed), verifier_key(name, seed, COSIGNATURE)]
    assert [parse_verifier_key(str(key)) for key in keys] == keys
    assert [(signer.key, signer.time) for signer in verify_note(note, keys)] == list(
        zip(keys, [None, time], strict=True)
    )


@given(st.binary(max_size=300))
def test_any_bytes_are_a_note_or_malformed(data: bytes) -> None:
    try:
        note = parse_note(data)
    except MalformedNote:
        return
    assert data.startswith(note.text)


@given(st.data())
def test_a_changed_text_or_signature_does_not_hold(data: st.DataObject) -> None:
    signature = data.draw(st.sampled_from([sign(TEXT, NAME, SEED), cosign(TEXT, NAME, SEED, 1_700_000_000)]))
    raw = bytearray(signature.signature)
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    keys = [KEY, verifier_key(NAME, SEED, COSIGNATURE)]
    changed = Signature(signature.name, signature.key_id, bytes(raw))
    for note in (Note(TEXT, (changed,)), Note(TEXT + b"\n", (signature,)), Note(TEXT[1:], (signature,))):
        with pytest.raises(BadSignature, match="not over this text"):
            verify_note(note, keys)


@pytest.mark.parametrize("raw", [b"\0", bytes(63), bytes(65), bytes(71), bytes(72), bytes(73), b"\xff" * 72])
def test_signatures_of_other_lengths_do_not_hold(raw: bytes) -> None:
    for key in (KEY, verifier_key(NAME, SEED, COSIGNATURE)):
        with pytest.raises(BadSignature):
            verify_note(Note(TEXT, (Signature(NAME, key.key_id, raw),)), [key])


def test_a_cosignature_of_a_time_that_no_program_keeps_does_not_hold() -> None:
    late = cosign(TEXT, NAME, SEED, 1 << 63)
    with pytest.raises(BadSignature):
        verify_note(Note(TEXT, (late,)), [verifier_key(NAME, SEED, COSIGNATURE)])


def test_a_signature_is_not_a_cosignature_nor_the_other_way_round() -> None:
    cosignature = verifier_key(NAME, SEED, COSIGNATURE)
    with pytest.raises(BadSignature, match="no key that you trust"):
        verify_note(Note(TEXT, (sign(TEXT, NAME, SEED),)), [cosignature])
    claimed = Signature(NAME, cosignature.key_id, bytes(8) + sign(TEXT, NAME, SEED).signature)
    with pytest.raises(BadSignature, match="not over this text"):
        verify_note(Note(TEXT, (claimed,)), [cosignature])


def test_unknown_keys_are_ignored_and_known_ones_must_hold() -> None:
    mine, other = sign(TEXT, NAME, SEED), sign(TEXT, "other.example", bytes(32))
    same_name = sign(TEXT, NAME, bytes(32))
    broken = Signature(NAME, KEY.key_id, bytes(64))
    assert [signer.key for signer in verify_note(Note(TEXT, (other, same_name, mine)), [KEY])] == [KEY]
    with pytest.raises(BadSignature, match=r"no key that you trust.*of ledger\.example/1, other\.example"):
        verify_note(Note(TEXT, (other, same_name)), [KEY])
    for lines in ((mine, broken), (broken, mine)):
        with pytest.raises(BadSignature, match="not over this text"):
            verify_note(Note(TEXT, lines), [KEY])
    with pytest.raises(BadSignature, match="no key that you trust"):
        verify_note(Note(TEXT, (mine,)), [])


def test_a_key_counts_once_and_its_newest_cosignature() -> None:
    key = verifier_key(NAME, SEED, COSIGNATURE)
    lines = tuple(cosign(TEXT, NAME, SEED, time) for time in (5, 9, 7))
    assert [(signer.key, signer.time) for signer in verify_note(Note(TEXT, lines), [key, key])] == [(key, 9)]
    mine = sign(TEXT, NAME, SEED)
    assert [signer.key for signer in verify_note(Note(TEXT, (mine, mine)), [KEY])] == [KEY]


def test_two_keys_of_one_name_and_id_are_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VerifierKey, "key_id", b"same")
    with pytest.raises(MalformedKey, match=r"both ledger\.example/1\+73616d65"):
        verify_note(parse_note(FROZEN_NOTE.encode()), [KEY, verifier_key(NAME, bytes(32))])


@pytest.mark.parametrize(
    "text", [b"", b"text", b"text\n\ntext", b"text\n\n" + LINE.encode()[:-1], b"te\rxt\n", b"\xff\n"]
)
def test_no_note_is_made_of_a_text_that_none_can_have(text: bytes) -> None:
    with pytest.raises(MalformedNote):
        signed_note(text, NAME, SEED)
