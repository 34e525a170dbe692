"""`affidavit init`."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.cli.program import affidavit


def test_makes_a_ledger(data: Path) -> None:
    """Ready to be verified, for its owner only."""
    made = json.loads(affidavit("init", "--data", data, "--origin", "example.com/ledger", "--json").stdout)
    assert made == {"data": str(data), "origin": "example.com/ledger"}
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir() if path.name != "lock"} == {
        "ledger.sqlite": 0o600,
        "receipts.key": 0o600,
        "signer.key": 0o600,
    }
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert (data / "signer.key").read_text().startswith("PRIVATE+KEY+example.com/ledger+")
    assert affidavit("verify", "--data", data).stdout.startswith("Proven: 0 entries")


def test_says_what_is_next(tmp_path: Path) -> None:
    """The command that it names is one that a shell understands."""
    data = tmp_path / "my ledger's place"
    printed = affidavit("init", "--data", data).stdout
    assert printed.startswith("Made the ledger affidavit.local/")
    assert printed.endswith(f"""Next: affidavit serve --data '{tmp_path}/my ledger'"'"'s place'\n""")


def test_twice(data: Path) -> None:
    """The first ledger stays as it is."""
    affidavit("init", "--data", data)
    before = {path: path.read_bytes() for path in data.iterdir()}
    assert f"{data} holds a ledger already" in affidavit("init", "--data", data, code=2).stderr
    assert {path: path.read_bytes() for path in data.iterdir()} == before


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "café", "tab\there", "line\nend"])
def test_bad_origin(data: Path, origin: str) -> None:
    """Checkpoints could not carry it. Nothing is made."""
    assert "origin" in affidavit("init", "--data", data, "--origin", origin, code=2).stderr
    assert not data.exists()


def test_signer_without_its_ledger(data: Path) -> None:
    """A lost ledger is not quietly begun anew under a signer that has signed for it."""
    affidavit("init", "--data", data)
    (data / "ledger.sqlite").unlink()
    key = (data / "signer.key").read_bytes()
    assert "signer.key without its ledger" in affidavit("init", "--data", data, code=2).stderr
    assert (data / "signer.key").read_bytes() == key


def test_what_was_cut_short_is_begun_anew(data: Path) -> None:
    """A making that was killed leaves files apart, which hold nothing."""
    (data / "unfinished").mkdir(mode=0o700, parents=True)
    data.chmod(0o700)
    (data / "unfinished" / "ledger.sqlite").write_bytes(b"half")
    (data / "unfinished" / "signer.key").write_bytes(b"half")
    affidavit("init", "--data", data)
    assert sorted(path.name for path in data.iterdir()) == ["ledger.sqlite", "lock", "receipts.key", "signer.key"]


def test_directory_that_others_may_read(data: Path) -> None:
    """Said with the command that helps; nothing of what is there is changed."""
    data.mkdir()
    (data / "mine").touch()
    data.chmod(0o755)
    assert f"chmod o= {data}" in affidavit("init", "--data", data, code=2).stderr
    assert stat.S_IMODE(data.stat().st_mode) == 0o755


@pytest.mark.parametrize("place", ["a-file/data", "n" * 300])
def test_impossible_places(tmp_path: Path, place: str) -> None:
    """Words, whatever the system says."""
    (tmp_path / "a-file").touch()
    assert "cannot be used as a data directory" in affidavit("init", "--data", tmp_path / place, code=2).stderr
