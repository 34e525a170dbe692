"""Clients choose their texts; a terminal must not obey them."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.cli.terminal import json_line, plain, short
from tests.cli.conftest import HOSTILE
from tests.cli.program import affidavit

DANGEROUS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of what controls, directs, hides, or breaks a line."""


@pytest.mark.parametrize(
    "arguments",
    [["tail", "--no-follow"], ["tail", "--no-follow", "--json"], ["show", "1"], ["show", "1", "--json"], ["show", "2"]],
)
def test_commands(ledger: Path, arguments: list[str]) -> None:
    """Every line is printable, and there are as many as there should be."""
    *lines, end = affidavit(*arguments, "--data", ledger).stdout.split("\n")
    assert end == ""
    assert all(line.isprintable() for line in lines)
    if "tail" in arguments:
        assert len(lines) == 4
    assert "\\u001b[31m" in "".join(lines)


def test_machines_get_the_same_value(ledger: Path) -> None:
    """Escaped is not changed."""
    for line in affidavit("tail", "--no-follow", "--data", ledger, "--json").stdout.splitlines()[1:3]:
        entry = json.loads(line)
        assert entry["agent"] == HOSTILE
    assert entry["payload"]["payload"]["data"] == {"text": HOSTILE, "big": 12345678901234567890}


def test_terminal_without_utf8(ledger: Path) -> None:
    """What it cannot show it gets as escapes; nothing fails."""
    latin = {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    shown = affidavit("show", "1", "--data", ledger, environment=latin, encoding="latin-1").stdout
    assert "\\u65e5\\u672c é" in shown


@given(st.text(st.characters()))
def test_plain(text: str) -> None:
    """Nothing dangerous is left, and nothing is lost."""
    shown = plain(text)
    assert DANGEROUS.isdisjoint(map(unicodedata.category, shown))
    assert json.loads(f'"{plain(json.dumps(text, ensure_ascii=False)[1:-1])}"') == text
    if text.isprintable():
        assert shown == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_line(text: str) -> None:
    """The same value, on one line."""
    line = json_line({text: [text]})
    assert line.isprintable()
    assert json.loads(line) == {text: [text]}


@given(st.text(st.characters()), st.integers(2, 20))
def test_short(text: str, most: int) -> None:
    """Never longer than it may be; whole where it fits."""
    shown = short(text, most)
    assert len(shown) <= most
    assert shown == plain(text) if len(plain(text)) <= most else shown.endswith("…")
