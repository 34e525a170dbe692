"""Witnesses under test, as people start them."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from affidavit.core.notekey import VerifierKey, parse_verifier_key
from tests.running import PROGRAM, Command, Running, launch


def start_witness(data: Path, *logs: str, name: str = "witness.example/1", program: Command = (PROGRAM,)) -> Running:
    """A witness of these logs, given as verifier keys, on a free port."""
    named = [option for log in logs for option in ("--log", log)]
    return launch(data, "witness", "--data", data, "--name", name, "--listen", "127.0.0.1:0", *named, program=program)


def key_of(witness: Running) -> VerifierKey:
    """What it printed at its start."""
    found = re.search(r"^witness (\S+) (\S+) http", witness.printed, re.MULTILINE)
    assert found, witness.printed
    return parse_verifier_key(found.group(2))


def propose(witness: Running, body: bytes) -> httpx.Response:
    """POST /add-checkpoint."""
    return httpx.post(f"{witness.base_url}/add-checkpoint", content=body)
