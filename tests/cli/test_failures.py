"""Ledgers that are not there, not whole or not ours: every command says so in words, and ends with 2."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from tests.cli.program import affidavit
from tests.conftest import Starter
from tests.invoking import invoke

COMMANDS = [
    ["verify"],
    ["verify", "--json"],
    ["show", "0"],
    ["tail", "--no-follow"],
    ["key", "list"],
    ["key", "create", "--dialect", "provenlog"],
    ["key", "revoke", "key_0"],
    ["signer"],
    ["signer", "rotate"],
    ["seal"],
]


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _garbage(file: Path) -> None:
    file.write_bytes(b"not a database, but long enough to be taken for one" * 1000)


def _half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _first_page_only(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:8192])


def _of_another_program(file: Path) -> None:
    file.unlink()
    with closing(apsw.Connection(str(file))) as connection:
        connection.execute("CREATE TABLE entries (position INTEGER)")


def _newer(file: Path) -> None:
    with closing(apsw.Connection(str(file))) as connection:
        connection.execute("PRAGMA user_version = 99")


def _a_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: list[Callable[[Path], None]] = [
    _empty, _garbage, _half, _first_page_only, _of_another_program, _newer, _a_directory,
]  # fmt: skip


@pytest.fixture
def copy(ledger: Path, tmp_path: Path) -> Path:
    """A ledger to damage."""
    return Path(shutil.copytree(ledger, tmp_path / "copy"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_ledger(data: Path, command: list[str]) -> None:
    """The words name the directory and the way to a ledger; nothing is made."""
    outcome = invoke(*command, "--data", data)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert f"affidavit: there is no ledger in {data}" in outcome.stderr
    assert "affidavit init" in outcome.stderr
    assert not data.exists()


def test_nothing_given(tmp_path: Path) -> None:
    """The default directory is looked for where the user stands."""
    assert "there is no ledger in affidavit-data" in affidavit("verify", cwd=tmp_path, code=2).stderr


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__[1:])
def test_damaged_ledger(copy: Path, damage: Callable[[Path], None]) -> None:
    """Every command that reads it, in this process; `serve` in its own."""
    damage(copy / "ledger.sqlite")
    for command in COMMANDS:
        outcome = invoke(*command, "--data", copy)
        assert (outcome.code, outcome.stdout) == (2, ""), command
        assert outcome.stderr.startswith("affidavit: ")
    affidavit("serve", "--port", "0", "--data", copy, code=2)


def test_newer_ledger(copy: Path) -> None:
    """What to do is said."""
    _newer(copy / "ledger.sqlite")
    assert "use a newer Affidavit" in affidavit("verify", "--json", "--data", copy, code=2).stderr


@pytest.mark.parametrize("damage", [_empty, _garbage, _half, _of_another_program, _newer], ids=lambda d: d.__name__[1:])
def test_damaged_index(copy: Path, starter: Starter, damage: Callable[[Path], None]) -> None:
    """It is derived: everything works without it, and the next start makes it anew."""
    damage(copy / "index.sqlite")
    for command in (["verify"], ["show", "0"], ["tail", "--no-follow"], ["key", "list"]):
        assert invoke(*command, "--data", copy).code == 0, command
    assert starter(copy).stop() == 0
    assert invoke("verify", "--data", copy).code == 0


def test_directory_open_to_everybody(copy: Path) -> None:
    """Keys' digests and payloads are nobody else's business."""
    copy.chmod(0o755)
    for command in COMMANDS:
        outcome = invoke(*command, "--data", copy)
        assert outcome.code == 2
        assert f"chmod o= {copy}" in outcome.stderr


@pytest.mark.parametrize("arguments", [["--data", "/etc/passwd"], ["--nonsense"], ["case.affidavit", "surplus"]])
def test_wrong_usage(arguments: list[str]) -> None:
    """Usage is 2 as well."""
    assert "Usage: affidavit verify" in affidavit("verify", *arguments, code=2).stderr


def test_help_and_version() -> None:
    """Both are on stdout, and good ends."""
    listed = affidavit("--help").stdout
    for command in ("init", "key", "serve", "show", "tail", "verify"):
        assert f"\n  {command} " in listed
        assert affidavit(command, "--help").stdout.startswith(f"Usage: affidavit {command}")
    assert affidavit("--version").stdout.startswith("affidavit, version ")
