"""What others say of checkpoints, in dicts."""

from __future__ import annotations


class Testimony:
    """The part of ledger.store.Store that keeps it."""

    def __init__(self) -> None:
        self._cosignatures: dict[int, dict[str, str]] = {}
        self._timestamps: dict[int, bytes] = {}

    def cosignatures(self, size: int) -> list[str]:
        """The witnesses' lines under the checkpoint of this size, by witness, each with its line feed."""
        return [line for _, line in sorted(self._cosignatures.get(size, {}).items())]

    def cosigned(self, limit: int) -> list[int]:
        """At most `limit` sizes that a witness has cosigned, the newest first."""
        return sorted(self._cosignatures, reverse=True)[:limit]

    def timestamp(self, size: int) -> bytes | None:
        """The time stamp of the checkpoint of this size."""
        return self._timestamps.get(size)

    def add_cosignature(self, size: int, name: str, line: str, at: int) -> None:
        """Keep a witness's line, in the place of what it said before."""
        self._cosignatures.setdefault(size, {})[name] = line

    def add_timestamp(self, size: int, token: bytes) -> None:
        """Keep a time stamp."""
        self._timestamps[size] = token
