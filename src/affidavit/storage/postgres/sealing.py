"""Seals, and the lease of whoever seals: one process at a time, and what an older one began comes to nothing."""

from __future__ import annotations

import os
from typing import Final

from affidavit.errors import CheckpointMoved
from affidavit.ledger.store import Checkpoint, Tiles
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.writes import Writes

LEASE_SECONDS: Final = 4
"""How long nobody seals after a sealer has died. It is renewed before every seal, once a second."""

_sql = statements("evidence.sql")


class Seals:
    """One for a process. One thread at a time, not the one that appends."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self._holder = os.urandom(16)
        self._epoch = 0

    def lead(self) -> bool:
        """Take the lease or renew it. Whether it is ours."""
        rows = self._writes.run("asking who seals", _sql["lead"], {"holder": self._holder, "seconds": LEASE_SECONDS})
        self._epoch = rows[0][0] if rows else 0
        return bool(rows)

    def seal(self, expected: int, checkpoint: Checkpoint, tiles: Tiles) -> None:
        """All or nothing, durable on return. Raises CheckpointMoved, StoreFailed."""
        if not (self._epoch or self.lead()):
            raise CheckpointMoved("another server seals this ledger")
        with self._writes.transaction("sealing") as connection:
            ours = connection.execute(_sql["fence"], self._claim()).fetchone()
            if ours is None or not ours[0]:
                raise CheckpointMoved("another server seals this ledger now")
            row = {"size": checkpoint.size, "root": checkpoint.root, "note": checkpoint.note, "at": checkpoint.at}
            if not connection.execute(_sql["add_checkpoint"], row | {"expected": expected}).rowcount:
                raise CheckpointMoved(
                    f"the checkpoint of size {checkpoint.size} does not follow the newest one, or is beyond the entries"
                )
            if tiles:
                levels, numbers = zip(*tiles, strict=True)
                values = {"levels": list(levels), "numbers": list(numbers), "hashes": list(tiles.values())}
                connection.execute(_sql["put_tiles"], values)

    def resign(self) -> None:
        """Let another take over at once."""
        if self._epoch:
            self._writes.run("leaving off to seal", _sql["resign"], self._claim())
            self._epoch = 0

    def _claim(self) -> dict[str, object]:
        return {"holder": self._holder, "epoch": self._epoch}
