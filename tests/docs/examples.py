"""The worked examples of docs/formats/: shell blocks, each with what it prints in a block of text below."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FORMATS = Path(__file__).parents[2] / "docs" / "formats"
CUT = "----8<----"


def blocks_of(page: str) -> list[tuple[str, str]]:
    """The (commands, output) of a page. Every block of commands has its output below it."""
    text = (FORMATS / page).read_text()
    blocks = re.findall(r"```bash\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == text.count("```bash"), "every block has its output below it"
    return blocks


def run(page: str, *programs: str) -> list[str]:
    """What each block of a page prints, all run one after the other in one bash. Skips where a program is missing."""
    if missing := [program for program in ("bash", "sha256sum", *programs) if not shutil.which(program)]:
        pytest.skip(f"the worked example needs {', '.join(missing)}")
    script = "set -eu\n" + "".join(f"{block}\necho '{CUT}'\n" for block, _ in blocks_of(page))
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split(f"{CUT}\n")[:-1]
