"""A disk that fails when it is told to: an SQLite VFS that every connection opened meanwhile goes through."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import apsw

Moment = Literal["before", "after"]
"""A fault strikes before the call reaches the disk (it did not happen), or after (it happened, but said it failed)."""


class Disk:
    """Counts the writes and syncs of files whose names end in `suffix`, and fails those that it is told to."""

    def __init__(self) -> None:
        self.suffix = ""
        self.calls: list[str] = []
        self._strike = -1
        self._lasting = False
        self._error: type[apsw.Error] = apsw.IOError
        self._moment: Moment = "before"

    def fail(self, strike: int, error: type[apsw.Error], moment: Moment, *, lasting: bool = False) -> None:
        """Fail the call with this number, from the next on counted, and with `lasting` all after it."""
        self.calls.clear()
        self._strike, self._error, self._moment, self._lasting = strike, error, moment, lasting

    def heal(self) -> None:
        """Fail nothing any more."""
        self.fail(-1, apsw.IOError, "before")

    def call(self, verb: str, name: str, act: Callable[[], None]) -> None:
        """One call to the disk, on its way to a file."""
        if not name.endswith(self.suffix):
            act()
            return
        number = len(self.calls)
        self.calls.append(verb)
        struck = number == self._strike or (self._lasting and 0 <= self._strike <= number)
        if struck and self._moment == "before":
            raise self._error("the disk was told to fail")
        act()
        if struck:
            raise self._error("the disk was told to say so")


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: Any) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._name = str(name.filename() if isinstance(name, apsw.URIFilename) else name)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 SQLite's name
        self._disk.call("write", self._name, lambda: super(_File, self).xWrite(data, offset))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.call("sync", self._name, lambda: super(_File, self).xSync(flags))


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__("failing", "unix", makedefault=True)
        self._disk = disk

    def xOpen(self, name: Any, flags: Any) -> _File:  # noqa: N802
        return _File(self._disk, name, flags)


@contextmanager
def failing_disk() -> Iterator[Disk]:
    """Within it, every connection that is opened writes through the disk given."""
    disk = Disk()
    vfs = _Vfs(disk)
    try:
        yield disk
    finally:
        vfs.unregister()


def copied(directory: Path, to: Path) -> Path:
    """The data directory as a power cut would leave it now; nothing that is only in memory is in the copy."""
    to.mkdir(mode=0o700)
    for name in ("ledger.sqlite", "ledger.sqlite-wal"):
        if (directory / name).exists():
            shutil.copy(directory / name, to / name)  # with its mode
    return to
