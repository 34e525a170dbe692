"""What `affidavit serve` does on a data directory that was attacked: a process of its own for each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.attacks.on_servers import STARTS
from tests.attacks.page import section
from tests.attacks.striking import AT_STARTS, strike
from tests.running import run, start


@pytest.mark.parametrize("name", STARTS)
def test_at_a_start(copies: dict[str, Path], tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    plain = strike(copies, "whole", data, STARTS[name])
    plainly, says = section(AT_STARTS)[name]
    assert plain == plainly
    if says.startswith("starts"):
        assert start(data).stop() == 0
        return
    kept = (data / "checkpoint").read_bytes()
    ended = run("serve", "--data", data, "--port", "0", env=os.environ)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    assert says == f"refuses to start: “{_sentence(ended.stderr)}”"
    assert (data / "checkpoint").read_bytes() == kept, "nothing more was signed"


def _sentence(said: str) -> str:
    """The first sentence of what the program said, without its name; up to a colon it is."""
    return said.removeprefix("affidavit: ").partition(":")[0].strip()
