"""A ZIP archive as a stream of bytes: stored, dated 1980-01-01, the same bytes for the same members.

What a bundle may be in is narrower than ZIP: docs/formats/bundle.md. Members of which the size is not known before
they are written get ZIP64 sizes and a descriptor behind them; others have theirs in front, as everybody likes it best.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final
from zlib import crc32

import msgspec

_FULL: Final = 0xFFFFFFFF
"""Stands in 32 bits for a number that does not fit them: the ZIP64 fields have it."""
_STORED, _HAS_DESCRIPTOR = 0, 8
_PLAIN, _ZIP64 = 20, 45
"""The version of ZIP that a reader needs."""
_MADE_BY = 3 << 8 | _ZIP64
"""On Unix, with ZIP64."""
_TIME, _DATE = 0, 1 << 5 | 1
"""1980-01-01 00:00, the first date that there is."""
_MODE = 0o100644 << 16


class File(msgspec.Struct, frozen=True):
    """A member: its name (ASCII), and its bytes, whole or as they come."""

    name: str
    content: bytes | Iterable[bytes]


class _Written(msgspec.Struct, frozen=True):
    """What the directory says of a member."""

    name: bytes
    flags: int
    crc: int
    size: int
    offset: int


def archive(files: Iterable[File]) -> Iterator[bytes]:
    """The archive, in pieces. Asks for a file when those before it are written."""
    offset = 0
    written: list[_Written] = []
    for file in files:
        member = _Member(file.name.encode("ascii"), offset)
        for piece in member.pieces(file.content):
            offset += len(piece)
            yield piece
        written.append(member.written())
    directory = b"".join(map(_record, written))
    yield directory
    yield _end(len(written), len(directory), offset)


class _Member:
    """A member while it is written."""

    def __init__(self, name: bytes, offset: int) -> None:
        self._name = name
        self._offset = offset
        self._flags = self._crc = self._size = 0

    def pieces(self, content: bytes | Iterable[bytes]) -> Iterator[bytes]:
        if isinstance(content, bytes):
            self._count(content)
            yield _local(self._name, 0, self._crc, self._size) + content
            return
        self._flags = _HAS_DESCRIPTOR
        yield _local(self._name, self._flags, 0, 0)
        for block in content:
            self._count(block)
            yield block
        yield struct.pack("<4sIQQ", b"PK\7\x08", self._crc, self._size, self._size)

    def _count(self, block: bytes) -> None:
        self._crc = crc32(block, self._crc)
        self._size += len(block)

    def written(self) -> _Written:
        return _Written(self._name, self._flags, self._crc, self._size, self._offset)


def _local(name: bytes, flags: int, crc: int, size: int) -> bytes:
    """The header in front of a member. With a descriptor behind it, it tells no sizes."""
    extra = struct.pack("<HHQQ", 1, 16, 0, 0) if flags else b""
    version, shown = (_ZIP64, _FULL) if flags else (_PLAIN, size)
    fields = (b"PK\3\4", version, flags, _STORED, _TIME, _DATE, crc, shown, shown, len(name), len(extra))
    return struct.pack("<4sHHHHHIIIHH", *fields) + name + extra


def _record(member: _Written) -> bytes:
    """A member's record in the directory."""
    wide = [number for number in (member.size, member.size, member.offset) if number >= _FULL]
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    size, offset = min(member.size, _FULL), min(member.offset, _FULL)
    version = _ZIP64 if member.flags or wide else _PLAIN
    return (
        struct.pack(
            "<4sHHHHHHIIIHHHHHII",
            b"PK\1\2", _MADE_BY, version, member.flags, _STORED, _TIME, _DATE, member.crc, size, size,
            len(member.name), len(extra), 0, 0, 0, _MODE, offset,
        )
        + member.name
        + extra
    )  # fmt: skip


def _end(records: int, size: int, start: int) -> bytes:
    """The end of the archive, after a directory of `records` and `size` bytes from `start` on."""
    zip64 = b""
    if start >= _FULL:
        zip64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, _MADE_BY, _ZIP64, 0, 0, records, records, size, start)
        zip64 += struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1)
    fields = (b"PK\5\6", 0, 0, records, records, size, min(start, _FULL), 0)
    return zip64 + struct.pack("<4sHHHHIIH", *fields)
