"""The judgement of a witness, called by many threads at once, and with more than one key of a ledger."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from affidavit.core.checkpoint import parse_checkpoint
from affidavit.core.note import parse_note
from affidavit.core.proposal import Proposal, format_proposal
from affidavit.core.signing import signed_note, verifier_key
from affidavit.errors import Forbidden, OtherCheckpoint
from affidavit.witness import held
from affidavit.witness.witness import Witness
from tests.witness.logs import Log

LOG = Log()
RIVALS = 8


def witness(directory: Path, *seeds: bytes) -> Witness:
    keys = [verifier_key(LOG.origin, seed) for seed in seeds or (LOG.seed,)]
    return Witness(directory, "witness.example/1", b"w" * 32, {LOG.origin: keys}, lambda: 1_790_000_000)


def test_two_at_once_cannot_both_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is inside is held up while it writes, until everybody else has come as far as they come."""
    judge = witness(tmp_path)
    judge.add(LOG.proposal(0, 4))
    arrived, write = threading.Semaphore(0), held.replace_durably

    def write_slowly(path: Path, data: bytes) -> None:
        for _ in range(RIVALS - 1):
            arrived.acquire(timeout=0.05)
        write(path, data)

    monkeypatch.setattr(held, "replace_durably", write_slowly)

    def propose(number: int) -> int:
        try:
            judge.add(Log(story=f"story {number}", fork=4).proposal(4, 9))
        except OtherCheckpoint:
            return 409
        finally:
            arrived.release()
        return 200

    with ThreadPoolExecutor(RIVALS) as pool:
        assert sorted(pool.map(propose, range(RIVALS))) == [200] + [409] * (RIVALS - 1)


def test_a_ledger_with_a_new_signer(tmp_path: Path) -> None:
    """Both keys are its own; each alone is enough."""
    old, new = LOG.seed, b"n" * 32
    judge = witness(tmp_path, old, new)
    judge.add(LOG.proposal(0, 2))
    judge.add(format_proposal(Proposal(2, LOG.proof(2, 5), LOG.checkpoint(5, seed=new))))
    with pytest.raises(Forbidden, match="no key that you trust"):
        judge.add(format_proposal(Proposal(5, LOG.proof(5, 6), LOG.checkpoint(6, seed=b"s" * 32))))


def test_a_bad_signature_beside_a_good_one(tmp_path: Path) -> None:
    """Who signs twice signs well twice."""
    note = LOG.checkpoint(3)
    forged = signed_note(parse_note(LOG.checkpoint(4)).text, LOG.origin, LOG.seed).rpartition(b"\n\n")[2]
    with pytest.raises(Forbidden, match="invalid signature"):
        witness(tmp_path).add(format_proposal(Proposal(0, (), note + forged)))


def test_what_is_written_is_what_was_cosigned(tmp_path: Path) -> None:
    judge = witness(tmp_path)
    line = judge.add(LOG.proposal(0, 7))
    (file,) = (tmp_path / "logs").iterdir()
    note = parse_note(file.read_bytes())
    assert parse_checkpoint(note.text).size == 7
    assert file.read_bytes() == LOG.checkpoint(7) + line.encode()
