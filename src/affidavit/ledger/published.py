"""The file `checkpoint` of a data directory: the newest signed note, for whoever takes it away from here.

It is written before the store has the checkpoint. So it tells an older copy of the ledger, brought back beside it, from
the ledger itself: nothing is signed there a second time.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from affidavit.core.checkpoint import TreeHead, parse_checkpoint
from affidavit.core.note import parse_note
from affidavit.errors import DataDirectoryError, EvidenceError, StoreFailed

CHECKPOINT_FILE: Final = "checkpoint"


class Published:
    """The file. Trusted to say what was signed, not to be signed: who could forge it could as well delete it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.path = directory / CHECKPOINT_FILE

    def read(self) -> TreeHead | None:
        """What was signed last; None where nothing was. Raises DataDirectoryError, StoreFailed."""
        try:
            return parse_checkpoint(parse_note(self.path.read_bytes()).text)
        except FileNotFoundError:
            return None
        except EvidenceError as error:
            raise DataDirectoryError(
                f"{self.path} is damaged ({error}). If you are sure that this is the newest copy of the ledger, move "
                "the file away: it is made anew"
            ) from error
        except OSError as error:
            raise StoreFailed(f"{self.path} cannot be read: {error.strerror}: look at its permissions") from error

    def write(self, note: bytes) -> None:
        """Put it in the place of the last, whole and durably, or not at all. Raises StoreFailed."""
        unfinished = self.path.with_suffix(".new")
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(note)
                file.flush()
                os.fsync(descriptor)
            unfinished.replace(self.path)
            holding = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(holding)
            finally:
                os.close(holding)
        except OSError as error:
            raise StoreFailed(f"{self.path} cannot be written: {error.strerror}: look at the data directory") from error
