"""Files for their owner only: they are there whole or not at all, and nobody else may read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from affidavit.errors import DataDirectoryError
from affidavit.ledger.private import create_private, read_private


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "some.key"
    create_private(path, "a line")
    assert path.read_text() == "a line\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_private(path, "some key") == "a line"
    assert list(tmp_path.iterdir()) == [path]


def test_nobody_sees_it_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to when it is durable it has no name that anybody knows."""
    path, known = tmp_path / "some.key", []
    sync = os.fsync

    def watch(descriptor: int) -> None:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            known.append(path.exists())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    create_private(path, "a line")
    assert known == [False]


def test_the_first_one_stands(tmp_path: Path) -> None:
    path = tmp_path / "some.key"
    create_private(path, "first")
    with pytest.raises(FileExistsError):
        create_private(path, "second")
    assert read_private(path, "some key") == "first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o620])
def test_one_that_is_open_to_others_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "some.key"
    create_private(path, "a line")
    path.chmod(mode)
    with pytest.raises(DataDirectoryError, match=f"chmod 600 {path}"):
        read_private(path, "some key")
