"""The file `checkpoint` of a data directory: the newest signed note, for whoever takes it away from here.

It is written before the store has the checkpoint. So it tells an older copy of the ledger, brought back beside it, from
the ledger itself: nothing is signed there a second time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from affidavit.core.checkpoint import TreeHead, parse_checkpoint
from affidavit.core.note import parse_note
from affidavit.errors import DataDirectoryError, EvidenceError, StoreFailed
from affidavit.ledger.durable import replace_durably

CHECKPOINT_FILE: Final = "checkpoint"


class Published:
    """The file. Trusted to say what was signed, not to be signed: who could forge it could as well delete it."""

    def __init__(self, directory: Path) -> None:
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
        try:
            replace_durably(self.path, note)
        except OSError as error:
            raise StoreFailed(f"{self.path} cannot be written: {error.strerror}: look at the data directory") from error
