"""The real program, held to what every command promises."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.running import run


def affidavit(
    *arguments: str | Path, code: int = 0, environment: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run it to its end. It ends with `code`, and never with a traceback; what it cannot do, it says on stderr."""
    ended = run(*arguments, env={**os.environ, **(environment or {})}, **options)
    assert ended.returncode == code, (ended.returncode, ended.stdout, ended.stderr)
    assert "Traceback" not in ended.stderr
    assert "a fault of ours" not in ended.stderr
    if code == 2:
        assert ended.stdout == ""
        assert ended.stderr.startswith(("affidavit: ", "Usage: "))
    return ended
