"""What a witness keeps of checkpoints that a ledger signed and that it refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from affidavit.core.checkpoint import open_checkpoint
from affidavit.core.proposal import Proposal, format_proposal
from affidavit.errors import Inconsistent, OtherCheckpoint, Refused
from affidavit.witness import evidence
from affidavit.witness.evidence import Evidence
from affidavit.witness.witness import Witness
from tests.invoking import invoke
from tests.witness.logs import Log

LOG, OTHER = Log(), Log(story="other", fork=2)
SEED = b"w" * 32


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """It has cosigned LOG's first five leaves."""
    made = Witness(tmp_path, "witness.example/1", SEED, {LOG.origin: [LOG.key]}, lambda: 1_790_000_000)
    made.add(LOG.proposal(0, 5))
    return made


def refuse(witness: Witness, body: bytes, error: type[Refused]) -> None:
    with pytest.raises(error):
        witness.add(body)


def test_two_histories(witness: Witness, tmp_path: Path) -> None:
    """Both notes are signed by the ledger: nothing else is needed to accuse it. However it is asked."""
    refuse(witness, OTHER.proposal(5, 5), OtherCheckpoint)
    refuse(witness, OTHER.proposal(3, 5), OtherCheckpoint)
    (kept,) = Evidence(tmp_path).all()
    held, refused = (open_checkpoint(note.encode(), [LOG.key]).head for note in (kept.held, kept.refused))
    assert (held.origin, held.size) == (refused.origin, refused.size) == (LOG.origin, 5)
    assert held.root != refused.root
    assert (kept.kind, kept.origin, kept.at) == ("two histories", LOG.origin, 1_790_000_000)
    open_checkpoint(kept.held.encode(), [LOG.key, witness.key])  # the witness has cosigned the one


def test_a_history_that_does_not_go_on(witness: Witness, tmp_path: Path) -> None:
    refuse(witness, OTHER.proposal(5, 8), Inconsistent)
    (kept,) = Evidence(tmp_path).all()
    assert (kept.kind, kept.old) == ("no proof", 5)
    assert kept.proof == tuple(digest.hex() for digest in OTHER.proof(5, 8))
    assert open_checkpoint(kept.refused.encode(), [LOG.key]).head.size == 8


@pytest.mark.parametrize(
    "body",
    [
        LOG.proposal(3, 8),
        LOG.proposal(0, 4),
        format_proposal(Proposal(5, LOG.proof(5, 8), LOG.checkpoint(8, seed=bytes(32)))),
        Log("log.example/unknown", "other").proposal(5, 5),
        b"",
    ],
    ids=["a stale proof", "an earlier checkpoint", "not signed by the ledger", "another ledger", "nothing"],
)
def test_what_proves_nothing_is_not_kept(witness: Witness, tmp_path: Path, body: bytes) -> None:
    refuse(witness, body, Refused)
    assert list(Evidence(tmp_path).all()) == []


def test_before_the_first_checkpoint_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    fresh = Witness(tmp_path, "witness.example/1", SEED, {LOG.origin: [LOG.key]}, lambda: 0)
    refuse(fresh, format_proposal(Proposal(0, (bytes(32),), LOG.checkpoint(5))), Inconsistent)
    assert list(Evidence(tmp_path).all()) == []


def test_it_is_kept_once(witness: Witness, tmp_path: Path) -> None:
    refuse(witness, OTHER.proposal(5, 5), OtherCheckpoint)
    (kept,) = Evidence(tmp_path).all()
    assert not Evidence(tmp_path).keep(kept)
    assert Evidence(tmp_path).keep(replace(kept, refused=OTHER.checkpoint(6).decode()))


def test_nobody_fills_the_disk(witness: Witness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody can send bad proofs with good checkpoints; what does prove something has its place all the same."""
    monkeypatch.setattr(evidence, "MOST", 3)
    for size in range(6, 12):
        refuse(witness, format_proposal(Proposal(5, (), LOG.checkpoint(size))), Inconsistent)
    for number in range(5):
        refuse(witness, Log(story=f"story {number}", fork=2).proposal(5, 5), OtherCheckpoint)
    kinds = [refusal.kind for refusal in Evidence(tmp_path).all()]
    assert (kinds.count("no proof"), kinds.count("two histories")) == (3, 3)


def test_what_cannot_be_kept_is_refused_all_the_same(witness: Witness, tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("in the way")
    refuse(witness, OTHER.proposal(5, 5), OtherCheckpoint)


def test_it_is_shown(witness: Witness, tmp_path: Path) -> None:
    shown = invoke("witness", "--data", tmp_path, "--evidence")
    assert (shown.code, shown.stdout) == (0, "Nothing that a ledger signed was refused.\n")
    assert invoke("witness", "--data", tmp_path, "--evidence", "--json").stdout == ""
    refuse(witness, OTHER.proposal(5, 5), OtherCheckpoint)
    refuse(witness, OTHER.proposal(5, 8), Inconsistent)
    shown = invoke("witness", "--data", tmp_path, "--evidence")
    assert shown.code == 0
    for line in (*LOG.checkpoint(5).decode().split("\n"), *OTHER.checkpoint(5).decode().split("\n")):
        assert f"  {line}".rstrip() in shown.stdout.split("\n"), line
    assert "the ledger has shown two histories" in shown.stdout
    assert "ask the ledger for one" in shown.stdout
    found = [
        json.loads(line) for line in invoke("witness", "--data", tmp_path, "--evidence", "--json").stdout.splitlines()
    ]
    assert {refusal["kind"] for refusal in found} == {"two histories", "no proof"}
    assert OTHER.checkpoint(5).decode() in [refusal["refused"] for refusal in found]


def test_a_file_that_is_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "0.json").write_text("{}")
    shown = invoke("witness", "--data", tmp_path, "--evidence")
    assert shown.code == 2
    assert "0.json is no evidence of this witness" in shown.stderr
    assert "there is no directory" in invoke("witness", "--data", tmp_path / "none", "--evidence").stderr
