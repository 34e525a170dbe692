"""README.md can be executed as it is printed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
PORT = "7611"
SECONDS = 60
CUT = "----8<----"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose setup is done, with what is installed here."""
    shutil.copytree(REPOSITORY / "scripts", tmp_path / "scripts")
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    made_from = [tmp_path / "requirements.lock", tmp_path / "pyproject.toml", tmp_path / "scripts" / "setup"]
    fingerprint = hashlib.sha256(b"".join(file.read_bytes() for file in made_from)).hexdigest()
    (tmp_path / ".venv" / "made-from").write_text(f"{fingerprint}  -\n")
    return tmp_path


def free_port() -> str:
    """The one that is printed, or another if somebody has it."""
    for port in (int(PORT), 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as listener:
                return str(listener.getsockname()[1])
        except OSError:
            continue
    raise AssertionError("no port is free")


def execute(script: str, directory: Path) -> str:
    """What one bash prints that runs all of it, and leaves nothing running."""
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("AFFIDAVIT_")},
    )
    try:
        printed, _ = shell.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        raise
    assert shell.returncode == 0, printed
    with pytest.raises(ProcessLookupError):
        os.killpg(shell.pid, 0)
    return printed


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="README's blocks need bash and curl")
def test_every_block_runs(checkout: Path) -> None:
    assert len(BLOCKS) == README.count("```bash") > 0
    script = f"\necho '{CUT}'\n".join(BLOCKS).replace(PORT, free_port())
    first, keys, *_ = execute(script, checkout).split(CUT)
    assert '"agent_id":"my-agent"' in first
    assert '"sequence":1' in first
    assert '"valid":true' in first
    assert "TOOL_CALL" in first.partition('"valid":true')[2]  # what `tail` prints
    assert "Proven: 1 entries in 1 chains" in first
    assert re.search(r"^pl_[0-9a-f]{48}$", keys, re.MULTILINE)
    assert re.search(r"^key_[0-9a-f]{16} +provenlog +default +good", keys, re.MULTILINE)


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    for link in links:
        assert (REPOSITORY / link).exists(), link
