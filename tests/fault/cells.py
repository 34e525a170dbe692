"""Where a row's columns lie in an SQLite file: found by their bytes, so that a byte of a known column can be changed.

The record format is SQLite's own: https://www.sqlite.org/fileformat2.html, section 2.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import apsw

Value = int | str | bytes | None
_ANCHOR_BYTES = 64
"""Enough of a record to be nowhere else in the file."""


@dataclass(frozen=True)
class Cell:
    """One row in the file. `columns`: for each column the offsets of its bytes; `frame`: those of lengths and types."""

    columns: Sequence[Sequence[int]]
    frame: Sequence[int]


def cells_of(path: Path, table: str) -> list[Cell]:
    """The cells of a table whose first column is its rowid, in the rowid's order."""
    with closing(apsw.Connection(str(path))) as connection:
        rows: Any = connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
        pages: Any = connection.execute(
            "SELECT pageno, pgsize FROM dbstat WHERE name = ? AND pagetype <> 'internal'", (table,)
        ).fetchall()
    # Only pages that hold rows: others may keep a copy of one that moved when they were split.
    whole = path.read_bytes()
    file = bytearray(len(whole))
    for number, size in pages:
        page = slice((number - 1) * size, number * size)
        file[page] = whole[page]
    live = bytes(file)
    return [_cell(live, row[0], row) for row in rows]


def _cell(file: bytes, position: int, row: Sequence[Value]) -> Cell:
    stored: Sequence[Value] = [None, *row[1:]]
    bodies = [_body(value) for value in stored]
    offsets = _offsets(file, b"".join(bodies))
    ends = accumulate(map(len, bodies), initial=0)
    types = b"".join(_varint(_type(value)) for value in stored)
    head = _varint(len(types) + 1) + types
    frame = _varint(len(head) + len(offsets)) + _varint(position) + head
    first = offsets[0] - len(frame)
    assert file[first : offsets[0]] == frame
    return Cell([offsets[start:end] for start, end in pairwise(ends)], range(first, offsets[0]))


def _offsets(file: bytes, body: bytes) -> list[int]:
    """Where each byte of a record's body lies: in one piece, or going on in overflow pages."""
    offsets: list[int] = []
    while len(offsets) < len(body):
        rest = body[len(offsets) :]
        assert file.count(rest[:_ANCHOR_BYTES]) == 1, "the row is not in the file, or twice"
        start = file.find(rest[:_ANCHOR_BYTES])
        length = next((n for n, (a, b) in enumerate(zip(file[start:], rest, strict=False)) if a != b), len(rest))
        offsets += range(start, start + length)
    return offsets


def _body(value: Value) -> bytes:
    if value is None or value in (0, 1):
        return b""
    if isinstance(value, int):
        return value.to_bytes(_width(value), "big", signed=True)
    return value.encode() if isinstance(value, str) else value


def _type(value: Value) -> int:
    if value is None:
        return 0
    if isinstance(value, int):
        return 8 + value if value in (0, 1) else {1: 1, 2: 2, 3: 3, 4: 4, 6: 5, 8: 6}[_width(value)]
    return 2 * len(_body(value)) + (13 if isinstance(value, str) else 12)


def _width(value: int) -> int:
    return next(width for width in (1, 2, 3, 4, 6, 8) if -(1 << 8 * width - 1) <= value < 1 << 8 * width - 1)


def _varint(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))
