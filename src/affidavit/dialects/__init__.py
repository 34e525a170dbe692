"""The vendors' wire APIs, one folder each. `load()` finds them; nothing lists them by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from affidavit.dialects.contract import Dialect


def load() -> dict[str, Dialect]:
    """Every dialect under this package's path, by name."""
    return {dialect.name: dialect for _, dialect in _found()}


def packages() -> dict[str, str]:
    """The package of every dialect, by the dialect's name: where the files lie that belong to it."""
    return {dialect.name: package for package, dialect in _found()}


def _found() -> Iterator[tuple[str, Dialect]]:
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg:
            package = f"{__name__}.{module.name}"
            dialect: Dialect = importlib.import_module(package).DIALECT
            yield package, dialect
