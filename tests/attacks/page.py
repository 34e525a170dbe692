"""docs/attacks.md: the one place that says what is expected of each attack. The suite reads it there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs" / "attacks.md"


class Expected(NamedTuple):
    """`plain`: what a plain hash chain makes of it; `says`: what Affidavit does."""

    plain: str
    says: str


def section(heading: str) -> dict[str, Expected]:
    """The rows of the table under a heading, by the attack's name, in their order."""
    text = PAGE.read_text()
    assert text.count(f"\n## {heading}\n") == 1, heading
    body = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in body.splitlines() if re.match(r"\| (?!attack |-)", line)]
    found = {name: Expected(plain, says) for name, plain, says in rows}
    assert len(found) == len(rows), "no attack is there twice"
    return found
