"""Verification of seals: whole ones are proven, and each edit of checkpoints, tiles and heads is told by its code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.core.checkpoint import TreeHead
from affidavit.ledger.audit import AuditReport, audit
from affidavit.ledger.handovers import handing_over
from affidavit.ledger.heads import heads_due
from affidavit.ledger.signer import Signer
from affidavit.model import own
from affidavit.model.draft import Projection
from tests.ledger.sealing import NOW, ORIGIN, SIGNER, TENANT, Sealed


@pytest.fixture
def ledger(tmp_path: Path) -> Sealed:
    """600 entries and heads under two checkpoints, and entries after them."""
    made = Sealed(tmp_path)
    made.record(300)
    made.seal()
    made.record(300, "another chain")
    due = heads_due(made.store, NOW)
    made.record(2, "in between")
    made.own(due)
    made.seal()
    made.record(3)
    made.record(1, "after it")
    return made


def project(dialect: str, payload: bytes) -> Projection:
    """As the entries were made."""
    parsed = canonical.parse(payload)
    if dialect == own.DIALECT:
        return own.project(parsed)
    chains = {range(1, 301): "chain", range(301, 601): "another chain", range(601, 603): "in between"}
    key = next((key for numbers, key in chains.items() if parsed["n"] in numbers), None)
    return Projection(key or ("after it" if parsed["n"] == 606 else "chain"), "agent", None, "type", None, None)


def verified(ledger: Sealed, published: TreeHead | None = None) -> AuditReport:
    """What `affidavit verify` finds."""
    return audit(
        ledger.store, ORIGIN, {TENANT.id: TENANT.salt}, project, signer=SIGNER.verifier_key,
        published=published or ledger.file.read(),
    )  # fmt: skip


def test_proven(ledger: Sealed) -> None:
    assert verified(ledger).problems == []
    ledger.seal()
    assert verified(ledger).problems == []


def _checkpoint(ledger: Sealed, size: int, **changes: object) -> None:
    ledger.store._checkpoints[size] = replace(ledger.store._checkpoints[size], **changes)


def _tile(ledger: Sealed) -> None:
    ledger.store._tiles[1, 0] = bytes(32) + ledger.store._tiles[1, 0][32:]


FORGER = Signer(ORIGIN, bytes(32))
EDITS: list[tuple[str, Callable[[Sealed], None]]] = [
    ("checkpoint-mismatch", lambda ledger: _checkpoint(ledger, 300, root=bytes(32))),
    ("checkpoint-mismatch", lambda ledger: _checkpoint(ledger, 603, note=b"no note")),
    ("checkpoint-mismatch", lambda ledger: _checkpoint(ledger, 300, note=ledger.store._checkpoints[603].note)),
    (
        "checkpoint-mismatch",
        lambda ledger: _checkpoint(ledger, 300, note=FORGER.checkpoint(300, ledger.store._checkpoints[300].root)),
    ),
    ("tile-mismatch", _tile),
    ("tile-mismatch", lambda ledger: ledger.store._tiles.clear()),
]


@pytest.mark.parametrize(("code", "edit"), EDITS)
def test_an_edit(ledger: Sealed, code: str, edit: Callable[[Sealed], None]) -> None:
    edit(ledger)
    problems = verified(ledger).problems
    assert problems
    assert {problem.code for problem in problems} == {code}


@pytest.mark.parametrize("size", [603, 1_000])
def test_a_file_of_another_history(ledger: Sealed, size: int) -> None:
    (problem,) = verified(ledger, TreeHead(ORIGIN, size, bytes(32))).problems
    assert problem.code == "checkpoint-mismatch"
    assert "the file `checkpoint`" in problem.message


def test_heads_that_were_others(ledger: Sealed) -> None:
    """Committed to by the ledger itself, and yet not true."""
    _, leaves = ledger.store.roll()
    entry = ledger.own(own.submission("heads", {"chains": len(leaves), "root": "00" * 32, "size": 607}, NOW))
    (problem,) = verified(ledger).problems
    assert (problem.code, problem.position, problem.seq) == ("heads-mismatch", entry.position, 2)


def test_a_checkpoint_by_who_had_handed_over(ledger: Sealed) -> None:
    """A rotation takes effect with the checkpoint that covers it."""
    second = Signer(ORIGIN, bytes([2]) * 32)
    entry = ledger.own(handing_over(SIGNER, second.verifier_key, NOW))
    ledger.seal()
    (problem,) = verified(ledger).problems
    assert problem.code == "checkpoint-mismatch"
    newest = ledger.store._checkpoints[entry.position + 1]
    _checkpoint(ledger, newest.size, note=second.checkpoint(newest.size, newest.root))
    assert verified(ledger).problems == []


def test_a_rotation_that_is_none(ledger: Sealed) -> None:
    entry = ledger.own(own.submission("signer", {"note": "no note", "old": "no key"}, NOW))
    (problem,) = verified(ledger).problems
    assert (problem.code, problem.position) == ("signer-mismatch", entry.position)
