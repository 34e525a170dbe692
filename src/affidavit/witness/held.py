"""What a witness has cosigned last, a file for each ledger: the checkpoint, with the witness's own line under it.

    <directory>/logs/<SHA-256 of the origin>

Trusted as far as the line holds: a file that was damaged, or is another witness's, is not gone on from.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Final

from affidavit.core.checkpoint import TreeHead, parse_checkpoint
from affidavit.core.merkle import EMPTY_ROOT
from affidavit.core.note import Note, format_note, parse_note, verify_note
from affidavit.core.notekey import VerifierKey
from affidavit.errors import DataDirectoryError, EvidenceError
from affidavit.ledger.durable import make_durably, replace_durably

LOGS: Final = "logs"


def name_of(origin: str) -> str:
    """A ledger's name as that of a file."""
    return sha256(origin.encode()).hexdigest()


class Held:
    """One ledger's checkpoint. One thread at a time. `head`: that of an empty tree until there is one."""

    def __init__(self, directory: Path, origin: str, key: VerifierKey) -> None:
        """`key`: the witness's own. Raises DataDirectoryError."""
        self._path = directory / LOGS / name_of(origin)
        self.head = TreeHead(origin, 0, EMPTY_ROOT)
        self.note = b""
        try:
            make_durably(self._path.parent)
            data = self._path.read_bytes()
            note = parse_note(data)
            verify_note(note, [key])
            head = parse_checkpoint(note.text)
        except FileNotFoundError:
            return
        except EvidenceError as error:
            raise self._damaged(str(error)) from None
        except OSError as error:
            raise DataDirectoryError(f"{self._path} cannot be used: {error.strerror}") from error
        if head.origin != origin:
            raise self._damaged(f"it is of {head.origin}")
        self.head, self.note = head, data

    def replace(self, head: TreeHead, note: Note) -> None:
        """Hold this from now on; durable on return. Raises OSError, and holds what it held."""
        data = format_note(note)
        replace_durably(self._path, data)
        self.head, self.note = head, data

    def _damaged(self, why: str) -> DataDirectoryError:
        return DataDirectoryError(
            f"{self._path} is not what this witness has cosigned for {self.head.origin} ({why}). Without it the "
            "witness could cosign a second history: begin a new one, in another directory and with a key of its own"
        )
