"""The statements of SQLite, in `sql/`."""

from __future__ import annotations

from collections.abc import Mapping

from affidavit.storage.statements import read_statements


def statements(file: str) -> Mapping[str, str]:
    """Those of one file, by name."""
    return read_statements(__package__, file)
