"""SQL lives in `.sql` files: named statements, each with a sentence that says what it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def read_statements(package: str, file: str) -> Mapping[str, str]:
    """The statements of one file of a package's folder `sql`, by name."""
    _, *parts = _NAME.split(files(package).joinpath("sql", file).read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))
