"""Bytes of the ledger's file are changed, one at a time. `affidavit verify` finds each, and says where it is."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from affidavit.core.entry import Entry
from tests.fault.cells import cells_of
from tests.invoking import Outcome, invoke
from tests.running import run

SEED = 1
FLIPS_A_COLUMN = 30
FLIPS_OF_FRAMES = 150
FLIPS_ANYWHERE = 300

COLUMNS = Entry.__struct_fields__
CODES = {
    **dict.fromkeys(("chain", "seq", "at", "id", "by", "dialect", "prev", "hash", "commitment"), "hash-mismatch"),
    **dict.fromkeys(("salt", "payload"), "payload-mismatch"),
    **dict.fromkeys(("agent", "session", "type", "severity", "time"), "projection-mismatch"),
}
"""What a changed byte of a column is called. `position` is in the frame, `workspace` 1 has no bytes of its own."""


@pytest.mark.parametrize("column", CODES)
def test_bytes_of_a_column(tampered: Path, column: str) -> None:
    """Each is found, under a fitting name, at its own position and in its own chain."""
    chance, file, rows = random.Random(f"{SEED} {column}"), tampered / "ledger.sqlite", _rows(tampered)
    whole = file.read_bytes()
    cells = [cell.columns[COLUMNS.index(column)] for cell in cells_of(file, "entries")]
    filled = [position for position, offsets in enumerate(cells) if offsets]
    for _ in range(FLIPS_A_COLUMN):
        position = chance.choice(filled)
        with _flipped(file, chance.choice(cells[position]), chance):
            problems = _broken(invoke("verify", "--data", tampered, "--json"))
        found = next(problem for problem in problems if problem["position"] == position)
        assert found["code"] in (CODES[column], "row-unreadable"), problems
        if found["code"] != "row-unreadable" and column != "chain":
            assert found["chain"] == rows[position].chain.hex()
    assert file.read_bytes() == whole
    _proven(invoke("verify", "--data", tampered, "--json"), len(rows))


def test_unreadable_rows(tampered: Path) -> None:
    """Beside a gap, one after the other, or all of them: each is named, and what can be read is verified."""
    file = tampered / "ledger.sqlite"
    with closing(apsw.Connection(str(file))) as connection:
        connection.execute("DELETE FROM entries WHERE position = 4")
    types = {
        row.position: cell.columns[COLUMNS.index("type")]
        for row, cell in zip(_rows(tampered), cells_of(file, "entries"), strict=True)
    }
    for unreadable in ([10], [10, 11, 13], list(types)):
        for position in unreadable:
            _write(file, types[position][0], b"\xff")
        problems = _broken(invoke("verify", "--data", tampered, "--json"))
        assert [problem["position"] for problem in problems if problem["code"] == "row-unreadable"] == unreadable
        gaps = [problem["position"] for problem in problems if problem["code"] == "position-gap"]
        assert gaps == ([] if 5 in unreadable else [5])


def test_lengths_and_types(tampered: Path) -> None:
    """What SQLite keeps in front of a row's columns: a change makes another row, or none that can be read."""
    chance, rows = random.Random(SEED), _rows(tampered)
    frames = [cell.frame for cell in cells_of(tampered / "ledger.sqlite", "entries")]
    met = Counter(
        _assert_honest(tampered, chance.choice(chance.choice(frames)), chance, rows) for _ in range(FLIPS_OF_FRAMES)
    )
    assert met[1] > FLIPS_OF_FRAMES / 2


def test_bytes_anywhere(tampered: Path) -> None:
    """In free space, in indexes, in the b-tree itself: nobody is ever told that changed rows are proven."""
    chance, size, rows = random.Random(SEED), (tampered / "ledger.sqlite").stat().st_size, _rows(tampered)
    met = Counter(_assert_honest(tampered, chance.randrange(size), chance, rows) for _ in range(FLIPS_ANYWHERE))
    assert met.keys() == {0, 1, 2}, "300 bytes of the whole file reach free space, rows and structure"


def test_through_the_program(tampered: Path) -> None:
    """The same over a process of its own, for people and for machines."""
    file, rows = tampered / "ledger.sqlite", _rows(tampered)
    payload = cells_of(file, "entries")[5].columns[COLUMNS.index("payload")]
    with _flipped(file, payload[10], random.Random(SEED)):
        for_machines, for_people = run("verify", "--data", tampered, "--json"), run("verify", "--data", tampered)
    problems = json.loads(for_machines.stdout)["problems"]
    assert for_machines.returncode == for_people.returncode == 1
    assert ("payload-mismatch", 5) in [(problem["code"], problem["position"]) for problem in problems]
    assert f"payload-mismatch at position 5, chain {rows[5].chain.hex()} seq" in for_people.stdout
    with _flipped(file, 0, random.Random(SEED)):
        unreadable = run("verify", "--data", tampered, "--json")
    assert (unreadable.returncode, unreadable.stdout) == (2, "")
    assert unreadable.stderr.startswith("affidavit: ")
    assert "Traceback" not in unreadable.stderr


def _assert_honest(data: Path, offset: int, chance: random.Random, rows: Sequence[Entry]) -> int:
    """Flip a byte and verify. "Proven" is only said of unchanged rows, "broken" with a reason, the rest in words."""
    with _flipped(data / "ledger.sqlite", offset, chance):
        outcome = invoke("verify", "--data", data, "--json")
        if outcome.code == 0:
            assert _rows(data) == rows, f"byte {offset} changed a row, and the ledger is called proven"
    if outcome.code == 1:
        _broken(outcome)
    elif outcome.code == 2:
        assert outcome.stdout == ""
        assert outcome.stderr.startswith("affidavit: ")
    else:
        _proven(outcome, len(rows))
    return int(str(outcome.code))


def _broken(outcome: Outcome) -> list[dict[str, Any]]:
    assert outcome.code == 1, outcome
    report = json.loads(outcome.stdout)
    assert list(report) == ["status", "entries", "chains", "heads_passed", "problems"]
    assert report["status"] == "broken"
    assert report["problems"]
    for problem in report["problems"]:
        assert list(problem) == ["code", "position", "chain", "seq", "message"]
    return list(report["problems"])


def _proven(outcome: Outcome, entries: int) -> None:
    report = msgspec.json.decode(outcome.stdout)
    assert (outcome.code, report["status"], report["problems"]) == (0, "proven", [])
    assert report["entries"] == entries


@contextmanager
def _flipped(file: Path, offset: int, chance: random.Random) -> Iterator[None]:
    """One byte is another one, for a while."""
    before = file.read_bytes()[offset]
    _write(file, offset, bytes([before ^ chance.randrange(1, 256)]))
    yield
    _write(file, offset, bytes([before]))


def _write(file: Path, offset: int, what: bytes) -> None:
    with file.open("r+b", buffering=0) as opened:
        opened.seek(offset)
        opened.write(what)


def _rows(data: Path) -> list[Entry]:
    with closing(apsw.Connection(str(data / "ledger.sqlite"))) as connection:
        return [Entry(*row) for row in connection.execute("SELECT * FROM entries ORDER BY position")]
