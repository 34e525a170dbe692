"""Files that are replaced whole: after a crash there is the old one or the new one, and what was written stays."""

from __future__ import annotations

import os
from pathlib import Path


def replace_durably(path: Path, data: bytes) -> None:
    """Put a file in the place of the last, readable by its owner only, or leave the last. Raises OSError.

    One thread at a time for a path: what is unfinished lies beside it, as `<name>.new`.
    """
    unfinished = path.with_name(f"{path.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(path)
    persist_names(path.parent)


def make_durably(directory: Path) -> None:
    """A directory for its owner, where there is none, that does not go away again. Raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    persist_names(directory.parent)


def persist_names(directory: Path) -> None:
    """What was made, renamed or removed in a directory stays so. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
