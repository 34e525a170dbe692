"""The `affidavit` program inside the test's own process, for tests that run it hundreds of times."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from affidavit.cli import main


class Outcome(NamedTuple):
    """What a run of the program comes to."""

    code: object
    stdout: str
    stderr: str


def invoke(*arguments: str | Path) -> Outcome:
    """Run a command to its end. It never meets what it does not expect."""
    stdout, stderr = _Stream(), _Stream()
    code: object = None
    with redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = exit_.code
    outcome = Outcome(code, stdout.written(), stderr.written())
    assert "a fault of ours" not in outcome.stderr, outcome.stderr
    return outcome


class _Stream(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def written(self) -> str:
        """Everything so far."""
        self.seek(0)
        return self.read()
