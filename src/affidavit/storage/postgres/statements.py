"""The statements of PostgreSQL, in `sql/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from affidavit.storage.statements import read_statements


def statements(file: str) -> Mapping[str, LiteralString]:
    """Those of one file, by name. They are our own: no client's text is ever in one."""
    return read_statements(__package__, file)
