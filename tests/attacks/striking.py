"""An attack on a copy of a data directory, which is sound before and is not the same after."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.attacks import grounds, scene
from tests.attacks.on_directories import Strike
from tests.attacks.plain import verdict
from tests.evidence.cases import ORIGIN

IN_DIRECTORIES, IN_DATABASES, AT_STARTS = "In a data directory", "In a database", "At a start of the server"
"""Sections of docs/attacks.md."""
ORIGINS = [ORIGIN, scene.OTHER, grounds.ORIGIN, grounds.OTHER]
"""Of all ledgers in the suite."""


def strike(copies: dict[str, Path], base: str, data: Path, blow: Strike) -> str:
    """Attack a copy of `base`. Returns what a plain chain says."""
    shutil.copytree(copies[base], data)
    before, digest = grounds.links(data), grounds.digest_of(data)
    assert grounds.verify(data) == []
    blow(data, copies)
    assert grounds.digest_of(data) != digest
    return verdict(before, grounds.links(data), ORIGINS)
