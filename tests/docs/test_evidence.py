"""docs/evidence.md can be executed as it is printed: from an event to its proof, by HTTP."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.test_readme import checkout as checkout
from tests.docs.test_readme import execute, free_port

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "evidence.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
PORT = "7613"
"""What the page has; another is taken where somebody has it."""


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="the page's block needs bash and curl")
def test_an_event_is_proven_as_the_page_says(checkout: Path) -> None:
    (block,) = BLOCKS
    printed = execute(block.replace(PORT, free_port()), checkout)
    proven = printed.partition("PROVEN: the evidence holds.")[2].partition("Asserted only by the ledger:")[0]
    told = {line.split()[0] for line in proven.splitlines() if line.startswith("  ")}
    assert {"signature", "inclusion", "chains", "payloads", "earlier", "held", "receipt"} <= told, printed
