"""What `affidavit verify DIR` says of a data directory that was attacked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks import grounds
from tests.attacks.on_directories import DIRECTORIES, ERASED
from tests.attacks.page import section
from tests.attacks.striking import IN_DIRECTORIES, strike


@pytest.mark.parametrize("name", DIRECTORIES | ERASED)
def test_in_a_data_directory(copies: dict[str, Path], tmp_path: Path, name: str) -> None:
    base = "erased" if name in ERASED else "whole"
    plain = strike(copies, base, tmp_path / "data", (DIRECTORIES | ERASED)[name])
    assert (plain, grounds.says(tmp_path / "data")) == section(IN_DIRECTORIES)[name]
