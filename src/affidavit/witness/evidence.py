"""What a witness keeps of checkpoints that a ledger signed and that it refused: both notes, for whoever is to judge.

    two histories   the same size with another root: nothing but two histories can explain that
    no proof        the proof does not lead from the one to the other. Anybody can send a bad proof: the ledger has to
                    show a good one, and who holds both notes can ask for it

A file for each, <directory>/evidence/<SHA-256 of the origin>-<kind>-<digest of both texts>.json. It outlives restarts,
and nobody can fill the disk with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

from affidavit.errors import DataDirectoryError
from affidavit.ledger.durable import make_durably, replace_durably
from affidavit.witness.held import name_of

EVIDENCE: Final = "evidence"
MOST: Final = 100
"""Of a ledger and a kind. The first are kept: one is enough to begin asking with."""

Kind = Literal["two histories", "no proof"]


class Refusal(msgspec.Struct, frozen=True):
    """A checkpoint that was refused, beside the one that was held. `at`: s since 1970. The notes are signed notes.

    `old`, `proof`: what came with the refused one, hashes in hex.
    """

    kind: Kind
    origin: str
    at: int
    held: str
    refused: str
    old: int
    proof: tuple[str, ...]


class Evidence:
    """All refusals of a witness. One thread at a time keeps; any process may read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / EVIDENCE

    def keep(self, refusal: Refusal) -> bool:
        """Durable on return. Returns whether it is new: what is there already, or is too much, is not kept again.

        Raises OSError.
        """
        make_durably(self._directory)
        prefix = f"{name_of(refusal.origin)}-{refusal.kind.replace(' ', '-')}-"
        path = self._directory / f"{prefix}{_digest(refusal)}.json"
        if path.exists() or len(list(self._directory.glob(f"{prefix}*.json"))) >= MOST:
            return False
        replace_durably(path, msgspec.json.encode(refusal) + b"\n")
        return True

    def all(self) -> Iterator[Refusal]:
        """Oldest first. Raises DataDirectoryError for a file that is none of ours."""
        found = []
        for path in sorted(self._directory.glob("*.json")):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=Refusal))
            except msgspec.DecodeError as error:
                raise DataDirectoryError(f"{path} is no evidence of this witness: {error}") from None
        return iter(sorted(found, key=lambda refusal: refusal.at))


def _digest(refusal: Refusal) -> str:
    """Of both texts: signatures over one text may differ, what they say does not."""
    texts = [note.rpartition("\n\n")[0] for note in (refusal.held, refusal.refused)]
    return sha256("\0".join(texts).encode()).hexdigest()[:32]
