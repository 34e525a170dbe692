"""Attacks that a start of the server, a witness, or whoever has the proof of one entry meets. docs/attacks.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from affidavit.core.checkpoint import parse_checkpoint
from affidavit.core.merkle import consistency_spans, inclusion_spans, node, root_of
from affidavit.core.note import parse_note
from affidavit.core.notekey import parse_verifier_key
from affidavit.core.proof import Proof, format_proof, parse_proof, verify_proof
from affidavit.core.proposal import Proposal, format_proposal
from affidavit.errors import AffidavitError, Refused
from affidavit.witness.evidence import Evidence
from affidavit.witness.witness import Witness
from tests.attacks import on_directories
from tests.attacks.on_directories import Strike
from tests.attacks.on_keys import newest
from tests.attacks.scene import Grown, grown, old
from tests.evidence.cases import ORIGIN

STARTS: dict[str, Strike] = {
    name: on_directories.DIRECTORIES[name]
    for name in (
        "An old backup beside the newest `checkpoint`",
        "Everything from an entry on cut off, and the list of chains made to fit",
        "A payload changed, and its chain hashed and linked anew",
        "Another root in the file `checkpoint`",
        "An old backup of the whole directory",
    )
}
"""On a data directory that is then served."""


def gone_on() -> Grown:
    """An old backup was put back, and the ledger went on from there."""
    ground = old()
    ground.ledger.record("one", {"n": 70}, {"n": 80}, {"n": 90})
    ground.ledger.seal()
    return ground


WITNESSED: dict[str, tuple[Callable[[], Grown], int]] = {
    "Two roots for one size": (lambda: grown(second=9), 10),
    "Everything rewritten and gone on": (lambda: grown(second=9, third=10), 10),
    "An old backup put back": (old, 7),
    "An old backup put back and gone on": (gone_on, 7),
    "The same name with another key": (lambda: grown(seed=2, second=9), 10),
}
"""What a witness is shown that has cosigned our ledger of 10 entries; and from which size on it is told to compare."""


def shown_to_witness(ground: Grown, old_size: int, directory: Path) -> str:
    """What the witness says and keeps, as docs/attacks.md has it."""
    honest = grown()
    key = parse_verifier_key(honest.ledger.key)
    witness = Witness(directory, "witness.example/1", bytes(32), {ORIGIN: [key]}, lambda: 1_790_000_000)
    witness.add(format_proposal(Proposal(0, (), newest(honest))))
    note = newest(ground)
    size = parse_checkpoint(parse_note(note).text).size
    hashes = [entry.hash for entry in ground.ledger.store.scan(0, 1_000)]
    spans = consistency_spans(old_size, size) if old_size < size else []
    proof = tuple(root_of(hashes[start:end]) for start, end in spans)
    try:
        witness.add(format_proposal(Proposal(old_size, proof, note)))
    except Refused as error:
        kept = [refusal for refusal in Evidence(directory).all() if note.decode() == refusal.refused]
        evidence = f"both notes kept as evidence: {kept[0].kind}" if kept else "nothing to keep"
        assert all(newest(honest).partition(b"\n\n")[0].decode() in refusal.held for refusal in kept)
        return f"refused ({type(error).__name__}), {evidence}"
    return "cosigned"


Bend = Callable[[Proof], Proof]


def proof_of(ground: Grown, index: int) -> tuple[Proof, bytes]:
    """An entry's proof, and its hash."""
    hashes = [entry.hash for entry in ground.ledger.store.scan(0, 1_000)]
    proof = tuple(root_of(hashes[start:end]) for start, end in inclusion_spans(index, len(hashes)))
    return Proof(index, proof, newest(ground)), hashes[index]


def bent(**fields: object) -> Callable[[], tuple[Proof, bytes]]:
    """Fields of the proof of entry 1 are others: functions of the proof."""

    def bend() -> tuple[Proof, bytes]:
        proof, leaf = proof_of(grown(), 1)
        values = {name: value(proof) if callable(value) else value for name, value in fields.items()}
        return Proof(**{**{n: getattr(proof, n) for n in ("index", "hashes", "checkpoint")}, **values}), leaf

    return bend


def interior() -> tuple[Proof, bytes]:
    """The node above entries 0 and 1 is offered as entry 0, with what is left of the proof."""
    proof, leaf = proof_of(grown(), 1)
    return Proof(0, proof.hashes[1:], proof.checkpoint), node(proof.hashes[0], leaf)


PROOFS: dict[str, Callable[[], tuple[Proof, bytes]]] = {
    "An interior node offered as an entry": interior,
    "The proof of another entry": lambda: (proof_of(grown(), 1)[0], proof_of(grown(), 2)[1]),
    "Another position": bent(index=0),
    "A position beyond the size": bent(index=10),
    "A hash changed": bent(hashes=lambda proof: (bytes(32), *proof.hashes[1:])),
    "A hash left out": bent(hashes=lambda proof: proof.hashes[1:]),
    "A hash too many": bent(hashes=lambda proof: (*proof.hashes, bytes(32))),
    "Hashes change places": bent(hashes=lambda proof: proof.hashes[::-1]),
    "The signed size changed": bent(checkpoint=lambda proof: proof.checkpoint.replace(b"\n10\n", b"\n11\n")),
    "A checkpoint of another ledger": bent(checkpoint=newest(grown("other.example/ledger"))),
}


def proven(proof: Proof, leaf: bytes) -> str:
    """What core/proof says of it, with the key of our ledger."""
    try:
        verify_proof(parse_proof(format_proof(proof)), leaf, [parse_verifier_key(grown().ledger.key)])
    except AffidavitError as error:
        return f"`{type(error).__name__}`"
    return "proven"
