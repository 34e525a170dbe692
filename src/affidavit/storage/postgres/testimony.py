"""What others say of checkpoints, kept and read. The rows are believed by whoever verifies them: they are signed."""

from __future__ import annotations

from typing import Any

from affidavit.errors import StoreUnreadable
from affidavit.storage.postgres.readers import Readers
from affidavit.storage.postgres.rows import int64
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.writes import Writes

_sql = statements("testimony.sql")


class Testimony:
    """The part of ledger.store.Store that keeps it. Any thread may call it."""

    def __init__(self, readers: Readers, writes: Writes) -> None:
        self._readers = readers
        self._writes = writes

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

    def add_cosignature(self, size: int, name: str, line: str, at: int) -> None:
        """Keep a witness's line, in the place of what it said before. Raises StoreFailed."""
        values = {"size": size, "name": name, "line": line, "at": at}
        self._writes.run("keeping a cosignature", _sql["add_cosignature"], values)

    def add_timestamp(self, size: int, token: bytes) -> None:
        """Keep a time stamp. Raises StoreFailed."""
        self._writes.run("keeping a time stamp", _sql["add_timestamp"], {"size": size, "token": token})

    def _column(self, statement: str, number: int) -> list[Any]:
        rows = self._readers.rows(
            "reading what witnesses say", _sql[statement], {"number": int64(number)}, placed=False
        )
        return [value for (value,) in rows]
