"""Every example of docs/scores.md gives what it shows."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "scores.md"


def test_the_examples_give_what_they_show() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")

    assert result.attempted >= 15
    assert not result.failed
