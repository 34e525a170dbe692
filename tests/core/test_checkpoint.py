"""The checkpoint: what it may say, and whose it must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.checkpoint import TreeHead, format_checkpoint, open_checkpoint, parse_checkpoint
from affidavit.core.note import Note, format_note, parse_note, verify_note
from affidavit.core.notekey import COSIGNATURE, parse_verifier_key
from affidavit.core.signing import cosign, sign, signed_note, verifier_key
from affidavit.errors import BadSignature, MalformedNote

SHARED = Path(__file__).parents[3] / "shared" / "vectors"
FILE = SHARED / "signed-note" / "vectors.json"
PUBLIC: dict[str, Any] = json.loads(FILE.read_text())["checkpoint_parse"] if FILE.exists() else {}
SUMDB = SHARED / "tlog-witness" / "cmd" / "litewitness" / "testdata" / "sumdb.txt"

ORIGIN, SEED = "ledger.example/1", bytes(range(32))
HEAD = TreeHead(ORIGIN, 3, bytes(range(32)))
TEXT = b"ledger.example/1\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
ROOT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def test_frozen_text() -> None:
    assert format_checkpoint(HEAD) == TEXT
    assert parse_checkpoint(TEXT + "Größe\n2\n".encode()) == TreeHead(ORIGIN, 3, bytes(range(32)), ("Größe", "2"))


MALFORMED = [
    # text, what the message says
    ("", "three lines or more"),
    (f"o\n3\n{ROOT}", "three lines or more"),
    (f"o\n3\n{ROOT}\nmore", "three lines or more"),
    ("o\n3\n", "three lines or more"),
    (f"\n3\n{ROOT}\n", "none of them empty"),
    (f"o\n3\n{ROOT}\n\n", "none of them empty"),
    (f"o\n3\n{ROOT}\n\nmore\n", "none of them empty"),
    (f"o\n\n{ROOT}\n", "none of them empty"),
    *[
        (f"o\n{size}\n{ROOT}\n", "is not a number from 0")
        for size in (
            "03",
            "00",
            "-1",
            "+1",
            "1.0",
            "1e3",
            "0x1",
            " 1",
            "1 ",
            "1_0",
            "٣",
            "9223372036854775808",
            "9" * 5000,
        )
    ],
    *[
        (f"o\n3\n{root}\n", "is not the base 64 of 32 bytes")
        for root in (ROOT[:-1], ROOT + "=", ROOT[:-2] + "9=", ROOT[4:], "AAAA" + ROOT, ROOT[:-4], " " + ROOT, "é" * 44)
    ],
]


@pytest.mark.parametrize(("text", "why"), MALFORMED)
def test_malformed_texts(text: str, why: str) -> None:
    with pytest.raises(MalformedNote, match=why):
        parse_checkpoint(text.encode())


def test_a_text_that_is_not_utf_8() -> None:
    with pytest.raises(MalformedNote, match="UTF-8 from byte 1"):
        parse_checkpoint(b"o\xff\n3\n")


def test_the_largest_size() -> None:
    assert parse_checkpoint(f"o\n{2**63 - 1}\n{ROOT}\n".encode()).size == 2**63 - 1
    assert parse_checkpoint(f"o\n0\n{ROOT}\n".encode()).size == 0


@pytest.mark.parametrize("text", PUBLIC.get("bad", []) + PUBLIC.get("ok", []))
def test_public_checkpoints(text: str) -> None:
    """Those that are good have hashes of other lengths: a parser for SHA-256 refuses them too, but for that alone."""
    with pytest.raises(MalformedNote) as refused:
        parse_checkpoint(text.encode())
    if text in PUBLIC["ok"]:
        assert "base 64 of 32 bytes" in str(refused.value)


@pytest.mark.skipif(not SUMDB.exists(), reason="the public vectors are not here")
def test_the_checkpoint_of_gos_sum_database() -> None:
    """Its origin has spaces, and its key another name: a checkpoint all the same, which a key must be known for."""
    script = SUMDB.read_text()
    key = parse_verifier_key(script.split(" -key ", 1)[1].split("\n", 1)[0])
    data = script.split("old 0\n\n", 1)[1].split("```", 1)[0].encode()
    head = parse_checkpoint(parse_note(data).text)
    assert (head.origin, head.size, len(head.root)) == ("go.sum database tree", 35225469, 32)
    assert [signer.key for signer in verify_note(parse_note(data), [key])] == [key]
    with pytest.raises(BadSignature, match=r"to speak for go\.sum database tree"):
        open_checkpoint(data, [key])


lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=30)
heads = st.builds(
    TreeHead,
    lines,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(lines, max_size=3).map(tuple),
)


@given(heads)
def test_what_is_written_is_read(head: TreeHead) -> None:
    assert parse_checkpoint(format_checkpoint(head)) == head


@pytest.mark.parametrize(
    "head",
    [
        TreeHead("", 3, bytes(32)),
        TreeHead("two\nlines", 3, bytes(32)),
        TreeHead("two\n3", 3, bytes(32)),
        TreeHead(ORIGIN, -1, bytes(32)),
        TreeHead(ORIGIN, 1 << 63, bytes(32)),
        TreeHead(ORIGIN, 3, bytes(31)),
        TreeHead(ORIGIN, 3, bytes(32), ("",)),
        TreeHead(ORIGIN, 3, bytes(32), ("a\nb",)),
    ],
)
def test_nothing_else_is_written(head: TreeHead) -> None:
    with pytest.raises(MalformedNote):
        format_checkpoint(head)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_checkpoint_or_malformed(text: bytes) -> None:
    try:
        head = parse_checkpoint(text)
    except MalformedNote:
        return
    assert format_checkpoint(head) == text


def test_it_is_opened_with_the_ledgers_key_and_says_who_else_signed() -> None:
    witness = verifier_key("witness.example", bytes(32), COSIGNATURE)
    data = format_note(
        Note(TEXT, (sign(TEXT, ORIGIN, SEED), cosign(TEXT, "witness.example", bytes(32), 1_790_000_000)))
    )
    opened = open_checkpoint(data, [witness, verifier_key(ORIGIN, SEED)])
    assert (opened.head, opened.note) == (HEAD, parse_note(data))
    assert [(signer.key.name, signer.time) for signer in opened.verified] == [
        (ORIGIN, None),
        ("witness.example", 1_790_000_000),
    ]


def test_a_key_of_another_name_does_not_speak_for_the_ledger() -> None:
    other = signed_note(TEXT, "other.example", SEED)
    with pytest.raises(BadSignature, match=r"to speak for ledger\.example/1"):
        open_checkpoint(other, [verifier_key("other.example", SEED)])


def test_a_witness_of_the_ledgers_name_does_not_speak_for_it() -> None:
    data = format_note(Note(TEXT, (cosign(TEXT, ORIGIN, SEED, 1),)))
    with pytest.raises(BadSignature, match=r"to speak for ledger\.example/1"):
        open_checkpoint(data, [verifier_key(ORIGIN, SEED, COSIGNATURE)])


def test_a_signed_note_that_is_not_a_checkpoint_is_none() -> None:
    with pytest.raises(MalformedNote, match="not a checkpoint"):
        open_checkpoint(signed_note(b"text\n", ORIGIN, SEED), [verifier_key(ORIGIN, SEED)])
