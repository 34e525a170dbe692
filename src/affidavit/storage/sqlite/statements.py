"""SQL lives in the .sql files of `sql/`: named statements, each with a sentence that says what it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def statements(file: str) -> Mapping[str, str]:
    """The statements of one file of `sql/`, by name."""
    _, *parts = _NAME.split(files(__package__).joinpath("sql", file).read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))
