"""Rotations in the ledger's own chain: whose a checkpoint is, and what is told where one does not follow the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.core.notekey import VerifierKey
from affidavit.errors import StoreUnreadable
from affidavit.ledger.handovers import Signers, handing_over, handovers
from affidavit.ledger.signer import Signer
from affidavit.model import own
from tests.ledger.sealing import NOW, ORIGIN, SIGNER, Sealed

SECOND, THIRD, STRANGER = (Signer(ORIGIN, bytes([seed]) * 32) for seed in (2, 3, 4))


@pytest.fixture
def ledger(tmp_path: Path) -> Sealed:
    """Three signers; the rotations are at 1 and 3."""
    made = Sealed(tmp_path)
    made.record()
    made.own(handing_over(SIGNER, SECOND.verifier_key, NOW))
    made.record()
    made.own(handing_over(SECOND, THIRD.verifier_key, NOW))
    return made


def signers(ledger: Sealed, newest: VerifierKey | None) -> Signers:
    """As they are recorded."""
    return Signers(handovers(ledger.store, ledger.store.size()), newest)


def test_whose_a_checkpoint_is(ledger: Sealed) -> None:
    """Who was the signer before an entry signs what does not cover it."""
    found = signers(ledger, THIRD.verifier_key)
    assert list(found.problems()) == []
    keys = [SIGNER, SIGNER, SECOND, SECOND, THIRD, THIRD]
    assert [found.at(size) for size in range(6)] == [key.verifier_key for key in keys]
    assert Signers([], SIGNER.verifier_key).at(5) == SIGNER.verifier_key
    assert Signers([], None).at(5) is None


def test_a_rotation_under_way_is_no_fault(ledger: Sealed) -> None:
    """The last one's key may not be in its place yet; or not be at hand."""
    assert list(signers(ledger, SECOND.verifier_key).problems()) == []
    assert list(signers(ledger, None).problems()) == []


@pytest.mark.parametrize("key", [SIGNER, STRANGER])
def test_another_key_at_hand(ledger: Sealed, key: Signer) -> None:
    (problem,) = signers(ledger, key.verifier_key).problems()
    assert (problem.code, problem.position) == ("signer-mismatch", 3)


def test_who_was_not_the_signer_hands_over(ledger: Sealed) -> None:
    entry = ledger.own(handing_over(STRANGER, SECOND.verifier_key, NOW))
    (problem,) = signers(ledger, SECOND.verifier_key).problems()
    assert (problem.code, problem.position) == ("signer-mismatch", entry.position)


def test_a_note_that_another_signed(ledger: Sealed) -> None:
    note = STRANGER.hand_over(SECOND.verifier_key).decode()
    entry = ledger.own(own.submission("signer", {"note": note, "old": str(THIRD.verifier_key)}, NOW))
    (problem,) = signers(ledger, SECOND.verifier_key).problems()
    assert (problem.code, problem.position) == ("signer-mismatch", entry.position)
    assert "did not hand over" in problem.message


@pytest.mark.parametrize(
    "members",
    [
        {"note": "no note", "old": str(THIRD.verifier_key)},
        {"note": THIRD.hand_over(SECOND.verifier_key).decode(), "old": "no key"},
        {"note": THIRD.hand_over(SECOND.verifier_key).decode()},
    ],
)
def test_what_is_no_rotation(ledger: Sealed, members: dict[str, str]) -> None:
    ledger.own(own.submission("signer", members, NOW))
    with pytest.raises(StoreUnreadable, match="run `affidavit verify`") as caught:
        handovers(ledger.store, ledger.store.size())
    assert caught.value.position == 4
