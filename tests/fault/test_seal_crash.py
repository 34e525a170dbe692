"""SIGKILL between the steps of a seal: the next one goes on, and nothing is signed twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from affidavit.ledger.published import Published
from affidavit.model import own
from affidavit.wiring.directory import initialise
from affidavit.wiring.ledger import open_store
from affidavit.wiring.orders import now, orders
from affidavit.wiring.place import place_in
from tests.invoking import invoke

SEALS = """
import sys
from pathlib import Path
from affidavit.ledger import durable, published, sealer
from affidavit.storage.sqlite.sealing import Seals
from affidavit.wiring.place import place_in
from affidavit.wiring.sealing import seal_place
from tests.fault.dying import after, dies

exec(sys.argv[2])
seal_place(place_in(Path(sys.argv[1])))
"""
STEPS = {
    "before it is signed": ("sealer.Signer.checkpoint = dies", 4, 4),
    "before it is published": ("published.Published.write = dies", 4, 4),
    "before it is in its place": ("Path.replace = dies", 4, 4),
    "when it is in its place": ("durable.persist_names = dies", 8, 4),
    "before it is stored": ("Seals.seal = dies", 8, 4),
    "in the transaction": ("Seals._write = after(Seals._write)", 8, 4),
    "before it is on the disk": ("Seals._persist = dies", 8, 8),
    "when it is stored": ("Seals.seal = after(Seals.seal)", 8, 8),
}
"""What is put in the way, and what is signed then: the size in the file, and in the store."""


@pytest.mark.parametrize("step", STEPS)
def test_the_next_seal_goes_on(tmp_path: Path, step: str) -> None:
    data = tmp_path / "data"
    initialise(place_in(data), "ledger.example/sealed")
    _record(data)
    assert invoke("seal", "--data", data).code == 0
    _record(data)
    fault, published, stored = STEPS[step]
    ended = subprocess.run([sys.executable, "-c", SEALS, data, fault], capture_output=True, text=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert _signed(data) == (published, stored)
    left = (data / "checkpoint").read_bytes()
    assert _problems(data) == []

    outcome = invoke("seal", "--data", data)
    assert (outcome.code, _signed(data)) == (0, (8, 8))
    if published == 8:
        assert outcome.stdout.encode() == left, "the same entries, the same note"
    assert _problems(data) == []


def _record(data: Path) -> None:
    """Three entries, to which each seal adds heads."""
    with orders(place_in(data), "") as ordering:
        for number in range(3):
            grounds = {"authority": "a court", "chains": [], "reason": f"file {number}"}
            ordering.append(own.submission("release", grounds, now()))


def _signed(data: Path) -> tuple[int, int]:
    head = Published(data).read()
    store = open_store(place_in(data), exclusive=False)
    try:
        checkpoint = store.checkpoint()
    finally:
        store.close()
    return head.size if head else 0, checkpoint.size if checkpoint else 0


def _problems(data: Path) -> list[object]:
    found: list[object] = json.loads(invoke("verify", data, "--json").stdout)["problems"]
    return found
