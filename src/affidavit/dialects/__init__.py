"""The vendors' wire APIs, one folder each. `load()` finds them; nothing lists them by name."""

from __future__ import annotations

import importlib
import pkgutil

from affidavit.dialects.contract import Dialect


def load() -> dict[str, Dialect]:
    """Every dialect under this package's path, by name."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg:
            dialect: Dialect = importlib.import_module(f"{__name__}.{module.name}").DIALECT
            found[dialect.name] = dialect
    return found
