"""A witness that is killed at its worst moments goes on from what it may have cosigned."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from affidavit.core.proposal import Proposal, format_proposal
from tests.running import Running
from tests.witness.logs import Log
from tests.witness.serving import propose, start_witness

LOG, OTHER = Log(), Log(story="other", fork=3)
DYING = """
import os, signal, sys
from affidavit.cli import main
from affidavit.witness import held

write = held.replace_durably

def write_and_die(path, data):
    if b"\\n5\\n" in data:  # the checkpoint of size 5
        if sys.argv[1] == "after":
            write(path, data)
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, data)

held.replace_durably = write_and_die
main(sys.argv[2:])
"""


def killed(data: Path, moment: str) -> None:
    """A witness that has cosigned size 3, and dies before or after size 5 is written down. Nobody gets an answer."""
    witness = start_witness(data, str(LOG.key), program=(sys.executable, "-c", DYING, moment))
    try:
        assert propose(witness, LOG.proposal(0, 3)).status_code == 200
        with pytest.raises(httpx.TransportError):
            propose(witness, LOG.proposal(3, 5))
        assert witness.process.wait(timeout=30) == -9
    finally:
        witness.kill()


def restarted(data: Path) -> Running:
    return start_witness(data, str(LOG.key))


def test_killed_between_persisting_and_answering(tmp_path: Path) -> None:
    """It may have answered, for all it knows: no other history of that size, and its line again for this one."""
    killed(tmp_path / "witness", "after")
    witness = restarted(tmp_path / "witness")
    try:
        assert propose(witness, OTHER.proposal(3, 5)).status_code == 409
        assert propose(witness, OTHER.proposal(5, 7)).status_code == 422
        told = propose(witness, LOG.proposal(3, 5))
        assert (told.status_code, told.text) == (409, "5\n")
        assert propose(witness, LOG.proposal(5, 5)).status_code == 200
        assert propose(witness, LOG.proposal(5, 9)).status_code == 200
    finally:
        witness.stop()


def test_killed_before_persisting(tmp_path: Path) -> None:
    """It has answered nothing, and is where it was."""
    killed(tmp_path / "witness", "before")
    witness = restarted(tmp_path / "witness")
    try:
        assert propose(witness, LOG.proposal(5, 9)).text == "3\n"
        assert propose(witness, LOG.proposal(3, 5)).status_code == 200
    finally:
        witness.stop()


def test_a_stop_forgets_nothing(tmp_path: Path) -> None:
    for old, new in [(0, 2), (2, 300), (300, 301)]:
        witness = restarted(tmp_path / "witness")
        try:
            assert propose(witness, LOG.proposal(old, new)).status_code == 200
        finally:
            assert witness.stop() == 0


def test_what_cannot_be_written_is_not_cosigned(tmp_path: Path) -> None:
    witness = restarted(tmp_path / "witness")
    logs = tmp_path / "witness" / "logs"
    try:
        assert propose(witness, LOG.proposal(0, 3)).status_code == 200
        logs.rename(tmp_path / "away")
        logs.write_text("in the way")
        refused = propose(witness, LOG.proposal(3, 5))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        logs.unlink()
        (tmp_path / "away").rename(logs)
        assert propose(witness, format_proposal(Proposal(5, (), LOG.checkpoint(5)))).text == "3\n"
        assert propose(witness, LOG.proposal(3, 5)).status_code == 200
    finally:
        witness.stop()
