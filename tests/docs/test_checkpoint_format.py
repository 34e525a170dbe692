"""docs/formats/checkpoint.md is right: openssl prints what it says, and the program makes and opens the same bytes."""

from __future__ import annotations

import re

import pytest

from affidavit.core import note, policy, proof, tiles
from affidavit.core.checkpoint import TreeHead, format_checkpoint, open_checkpoint
from affidavit.core.merkle import node
from affidavit.core.notekey import COSIGNATURE, ED25519, VerifierKey, parse_verifier_key
from affidavit.core.receipt import open_receipt, receipt_of, receipts_name
from affidavit.core.signing import cosign, verifier_key
from affidavit.errors import MalformedKey
from affidavit.ledger.signer import Signer
from tests.docs import examples

ORIGIN = "ledger.example/1"
SIGNER, RECEIPTS, WITNESS = (bytes(range(start, start + 32)) for start in (0x00, 0x20, 0x40))
FIRST = bytes.fromhex("d684e6fe20e5f56f7d5fc0465e7211cb8ba5bb82d811792dd151696e277f1712")
SECOND = bytes.fromhex("d20a2c02bb3c3f048d5fd27f6e33bb6a74434a8cb21532d5c7ca38015046642c")
PAGE = (examples.FORMATS / "checkpoint.md").read_text()


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """What each shell block of checkpoint.md prints."""
    return examples.run("checkpoint.md", "openssl")


def test_the_worked_example_prints_what_it_says(printed: list[str]) -> None:
    for (block, expected), output in zip(examples.blocks_of("checkpoint.md"), printed, strict=True):
        assert output == expected, block


def test_its_entries_are_those_of_the_entrys_page() -> None:
    told = (examples.FORMATS / "entry.md").read_text()
    assert f"hash {FIRST.hex()}\n" in told
    assert f"second_hash {SECOND.hex()}\n" in told


def test_it_is_what_the_program_makes() -> None:
    """From the seeds and the hashes alone."""
    keys, checkpoint, cosignature, receipt, told = (output for _, output in examples.blocks_of("checkpoint.md"))
    head = TreeHead(ORIGIN, 2, node(FIRST, SECOND))
    text = format_checkpoint(head)
    signer, receipts = Signer(ORIGIN, SIGNER), Signer(receipts_name(ORIGIN), RECEIPTS)
    witness = verifier_key("witness.example", WITNESS, COSIGNATURE)
    assert keys == f"{signer.verifier_key}\n{receipts.verifier_key}\n{witness}\n"
    assert checkpoint.encode() == signer.checkpoint(head.size, head.root)
    assert cosignature == cosign(text, "witness.example", WITNESS, 1_790_000_000).line
    ids = [bytes.fromhex(f"01a0c4506c007000800000000000002{last}") for last in "ab"]
    assert receipt.encode() == receipts.receipt(receipt_of(ORIGIN, ids, [FIRST, SECOND]))
    assert told.encode() == proof.format_proof(proof.Proof(1, (FIRST,), checkpoint.encode()))


def test_it_is_what_the_program_opens() -> None:
    """With the keys that the page shows, as texts."""
    keys, checkpoint, cosignature, receipt, told = (output for _, output in examples.blocks_of("checkpoint.md"))
    trusted = [parse_verifier_key(line) for line in keys.splitlines()]
    opened = open_checkpoint((checkpoint + cosignature).encode(), trusted)
    assert [(signer.key.name, signer.time) for signer in opened.verified] == [
        (ORIGIN, None),
        ("witness.example", 1_790_000_000),
    ]
    assert open_receipt(receipt.encode(), trusted).root == opened.head.root
    assert proof.verify_proof(proof.parse_proof(told.encode()), SECOND, trusted).head == opened.head


def test_the_limits_are_the_programs() -> None:
    assert f"at most {note.MAX_NOTE_BYTES:,} bytes and {note.MAX_SIGNATURES} signatures" in PAGE
    assert f"more than {policy.MAX_POLICY_BYTES:,} bytes" in PAGE
    assert f"at most {proof.MAX_HASHES}, none" in PAGE
    assert f"L is 0 to {tiles.MAX_LEVEL}." in PAGE
    assert f"up to {tiles.TILE_WIDTH} hashes" in PAGE
    assert tiles.Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert "1234067 is `x001/x234/067`" in PAGE


def test_the_algorithms_are_the_programs() -> None:
    told = [int(code, 16) for code in re.findall(r"^\| `(0x\d\d)` \|", PAGE, re.MULTILINE)]
    assert told == [ED25519, COSIGNATURE]
    for algorithm in range(256):
        key = VerifierKey("name", algorithm, bytes(32))
        if algorithm in told:
            assert parse_verifier_key(str(key)) == key
        else:
            with pytest.raises(MalformedKey, match=f"of algorithm {algorithm}:"):
                parse_verifier_key(str(key))
