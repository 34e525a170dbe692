"""What others say of checkpoints, kept and read: cosignatures of witnesses, time stamps of authorities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from affidavit.errors import StoreUnreadable
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.files import open_ledger
from affidavit.storage.sqlite.readers import Readers
from affidavit.storage.sqlite.rows import int64
from affidavit.storage.sqlite.statements import statements

_sql = statements("testimony.sql")


class Gathered:
    """Writes. Owns a connection. One thread at a time, not the one that appends."""

    def __init__(self, directory: Path) -> None:
        self._connection = open_ledger(directory)
        with translated("opening the ledger for what witnesses say"):
            self._connection.execute(_sql["settings"])

    def add_cosignature(self, size: int, name: str, line: str, at: int) -> None:
        """See ledger.store.Store. Raises StoreFailed."""
        with translated("keeping a cosignature"):
            self._connection.execute(_sql["add_cosignature"], (size, name, line, at))

    def add_timestamp(self, size: int, token: bytes) -> None:
        """See ledger.store.Store. Raises StoreFailed."""
        with translated("keeping a time stamp"):
            self._connection.execute(_sql["add_timestamp"], (size, token))

    def close(self) -> None:
        """Nothing may be called after it."""
        self._connection.close()


class Testimony:
    """Reads. Any thread may. The rows are believed by whoever verifies them: they are signed."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def cosignatures(self, size: int) -> list[str]:
        """The witnesses' lines under the checkpoint of this size, by witness, each with its line feed."""
        lines: list[str] = self._column("cosignatures", size)
        if not all(line.endswith("\n") for line in lines):
            raise StoreUnreadable(f"a cosignature of size {size} was edited or damaged: run `affidavit verify`")
        return lines

    def cosigned(self, limit: int) -> list[int]:
        """At most `limit` sizes that a witness has cosigned, the newest first."""
        return self._column("cosigned", limit)

    def timestamp(self, size: int) -> bytes | None:
        """The time stamp of the checkpoint of this size."""
        return next(iter(self._column("timestamp", size)), None)

    def _column(self, statement: str, number: int) -> list[Any]:
        with self._readers.snapshot("reading what witnesses say") as connection:
            return [value for (value,) in connection.execute(_sql[statement], (int64(number),))]
