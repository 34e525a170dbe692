"""Files that nobody but their owner may read: the ledger's own keys."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from affidavit.errors import DataDirectoryError


def create_private(path: Path, line: str) -> None:
    """Write a file of one line, durably, readable by its owner only. Raises FileExistsError.

    Under another name first: who finds the file finds it whole.
    """
    descriptor, unfinished = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # of mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(descriptor)
        os.link(unfinished, path)
    finally:
        os.unlink(unfinished)
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


def refuse_readable_by_others(path: Path) -> None:
    """Raises DataDirectoryError."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise DataDirectoryError(f"{path} can be read by others (mode {mode:04o}): run `chmod 600 {path}`")


def read_private(path: Path, what: str) -> str:
    """The line of such a file; `what` it is, for the message.

    Raises DataDirectoryError if it is missing, cannot be read, or can be read by others.
    """
    try:
        refuse_readable_by_others(path)
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise DataDirectoryError(f"{path} is missing: restore {what} from your backup") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataDirectoryError(f"{path} cannot be read: {error}") from None
