"""Seals: checkpoints with their tiles, written by one thread of their own beside the one that appends."""

from __future__ import annotations

import os
from pathlib import Path

from affidavit.errors import CheckpointMoved
from affidavit.ledger.store import Checkpoint, Tiles
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.files import LEDGER, open_ledger
from affidavit.storage.sqlite.statements import statements

_sql = statements("evidence.sql")


class Seals:
    """Owns a connection. Not for several threads, nor for the one that appends."""

    def __init__(self, directory: Path) -> None:
        self._wal = directory / f"{LEDGER}-wal"
        self._connection = open_ledger(directory)
        with translated("opening the ledger for sealing"):
            self._connection.execute(_sql["settings"])

    def seal(self, expected: int, checkpoint: Checkpoint, tiles: Tiles) -> None:
        """All or nothing, durable on return. Raises CheckpointMoved, StoreFailed."""
        with translated("sealing"):
            self._connection.execute(_sql["begin"])
            try:
                self._write(expected, checkpoint, tiles)
                self._connection.execute(_sql["commit"])
            except BaseException:
                if self._connection.in_transaction:  # SQLite itself rolls back after some errors
                    self._connection.execute(_sql["rollback"])
                raise
            self._persist()

    def _write(self, expected: int, checkpoint: Checkpoint, tiles: Tiles) -> None:
        row = {"size": checkpoint.size, "root": checkpoint.root, "note": checkpoint.note, "at": checkpoint.at}
        before = self._connection.total_changes()
        self._connection.execute(_sql["add_checkpoint"], row | {"expected": expected})
        if self._connection.total_changes() == before:
            raise CheckpointMoved(
                f"the checkpoint of size {checkpoint.size} does not follow the newest one, or is beyond the entries"
            )
        rows = [(level, number, hashes) for (level, number), hashes in tiles.items()]
        self._connection.executemany(_sql["put_tile"], rows)

    def _persist(self) -> None:
        """What SQLite does within a commit when it is told FULL, but without the write lock that appends wait for."""
        descriptor = os.open(self._wal, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Nothing may be called after it."""
        self._connection.close()
