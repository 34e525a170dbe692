"""A witness's directory and key: made once, its own alone, and never gone on from where they are not what they were."""

from __future__ import annotations

import stat
from pathlib import Path

import httpx
import pytest

from affidavit.core.notekey import COSIGNATURE
from affidavit.core.signing import verifier_key
from affidavit.witness.held import name_of
from tests.cli.program import affidavit
from tests.running import launch
from tests.witness.logs import Log
from tests.witness.serving import key_of, propose, start_witness

LOG = Log()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Of a witness that has cosigned three leaves of LOG, and has stopped."""
    witness = start_witness(tmp_path / "witness", str(LOG.key))
    try:
        assert propose(witness, LOG.proposal(0, 3)).status_code == 200
    finally:
        witness.stop()
    return tmp_path / "witness"


def refused(data: Path, *arguments: str) -> str:
    """What it says when it does not start."""
    arguments = arguments or ("--log", str(LOG.key))
    return affidavit("witness", "--data", data, "--listen", "127.0.0.1:0", *arguments, code=2).stderr


def test_its_files_are_its_owners(data: Path) -> None:
    for path in (data, *data.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_its_key_stays(data: Path) -> None:
    again = start_witness(data, str(LOG.key))
    try:
        first, key = again.printed, key_of(again)
    finally:
        again.stop()
    assert (key.name, key.algorithm) == ("witness.example/1", COSIGNATURE)
    assert f"witness witness.example/1 {key} {again.base_url}" in first


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_that_others_can_read(data: Path, mode: int) -> None:
    (data / "witness.key").chmod(mode)
    assert f"can be read by others (mode 0{mode:o}): run `chmod 600" in refused(data)


def test_a_key_that_was_taken_away(data: Path) -> None:
    (data / "witness.key").unlink()
    assert "bring the key back, or choose an empty directory" in refused(data)
    assert not (data / "witness.key").exists()


def test_another_name(data: Path) -> None:
    assert "signs for witness.example/1, but this is other.example" in refused(
        data, "--log", str(LOG.key), "--name", "other.example"
    )


@pytest.mark.parametrize("damage", ["cut short", "another key", "another log"])
def test_what_it_has_cosigned_was_damaged(data: Path, tmp_path: Path, damage: str) -> None:
    (held,) = (data / "logs").iterdir()
    if damage == "cut short":
        held.write_bytes(held.read_bytes()[:-40])
    elif damage == "another key":
        held.write_bytes(LOG.checkpoint(2))
    else:
        other = Log("log.example/2")
        held.rename(data / "logs" / name_of(other.origin))
        assert "it is of log.example/1" in refused(data, "--log", str(other.key))
        return
    assert "begin a new one, in another directory and with a key of its own" in refused(data)


def test_one_at_a_time(data: Path) -> None:
    witness = start_witness(data, str(LOG.key))
    try:
        assert "is in use by process" in refused(data)
    finally:
        witness.stop()


def test_a_directory_for_everybody(data: Path) -> None:
    data.chmod(0o755)
    assert "is open to everybody on this machine" in refused(data)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name one with --log"),
        (("--log", "log.example"), "this is not a verifier key"),
        (("--log", str(verifier_key("w", bytes(32), COSIGNATURE))), "is a witness's key, not a ledger's"),
        (("--log", str(LOG.key), "--name", "two words"), "without spaces"),
        (("--log", str(LOG.key), "--listen", "7610"), "write HOST:PORT"),
        (("--log", str(LOG.key), "--listen", "127.0.0.1:70000"), "write HOST:PORT"),
        (("--log", str(LOG.key), "--listen", "192.0.2.1:7610"), "cannot listen on 192.0.2.1 port 7610"),
    ],
)
def test_what_cannot_be_started(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    assert words in affidavit("witness", "--data", tmp_path / "witness", *arguments, code=2).stderr


def test_a_name_of_its_own(tmp_path: Path) -> None:
    """It needs none from whoever starts it."""
    data = tmp_path / "witness"
    witness = launch(data, "witness", "--data", data, "--listen", "127.0.0.1:0", "--log", str(LOG.key))
    try:
        assert key_of(witness).name.startswith("affidavit.local/witness/")
        assert httpx.get(f"{witness.base_url}/key").text == f"{key_of(witness)}\n"
    finally:
        witness.stop()
