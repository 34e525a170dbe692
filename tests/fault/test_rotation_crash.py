"""SIGKILL between the steps of a rotation: the next command that seals finishes it, or undoes it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from affidavit.model import own
from affidavit.wiring.directory import initialise
from affidavit.wiring.orders import now, orders
from affidavit.wiring.place import place_in
from affidavit.wiring.signing import NEXT_FILE, OLD_FILE
from tests.invoking import invoke

ROTATES = """
import sys
from pathlib import Path
from typing import Any
from affidavit.ledger.sealer import Sealer
from affidavit.wiring import rotation, signing
from affidavit.wiring.orders import Orders
from affidavit.wiring.place import place_in
from tests.fault.dying import after, dies

def once_more(step):
    def second(*arguments):
        Sealer.seal = dies
        return step(*arguments)
    return second

exec(sys.argv[2])
rotation.rotate_signer(place_in(Path(sys.argv[1])))
"""
UNDONE = {
    "with the last seal": "Sealer.seal = after(Sealer.seal)",
    "with the next key": "rotation.create_signer = after(rotation.create_signer)",
    "before the entry": "Orders.append = dies",
}
FINISHED = {
    "with the entry": "Orders.append = after(Orders.append)",
    "with the old key kept": "signing.persist_names = dies",
    "with the new key in its place": "signing.take_over = rotation.take_over = after(signing.take_over)",
    "with the old key overwritten": "Path.unlink = dies",
    "before the new key seals": "Orders.append = once_more(Orders.append)",
}


@pytest.mark.parametrize("step", UNDONE | FINISHED)
def test_the_next_start_settles_it(tmp_path: Path, step: str) -> None:
    """There is one key afterwards, the one that the ledger names, and the first still leads to it."""
    data = tmp_path / "data"
    initialise(place_in(data), "ledger.example/rotated")
    with orders(place_in(data), "") as ordering:
        for number in range(3):
            grounds = {"authority": "a court", "chains": [], "reason": f"file {number}"}
            ordering.append(own.submission("release", grounds, now()))
    first = _shown(data)["signer"]
    ended = subprocess.run(
        [sys.executable, "-c", ROTATES, data, (UNDONE | FINISHED)[step]], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert json.loads(invoke("verify", data, "--json").stdout)["problems"] == [], "as it was left"

    sealed = invoke("seal", "--data", data)
    assert sealed.code == 0, sealed
    shown = _shown(data)
    assert (shown["signer"] != first) == (step in FINISHED)
    assert shown["earlier"] == ([first] if step in FINISHED else [])
    assert not (data / NEXT_FILE).exists()
    assert not (data / OLD_FILE).exists()
    assert json.loads(invoke("verify", data, "--json").stdout)["problems"] == []
    case = tmp_path / "case.affidavit"
    assert invoke("export", "--all", "--data", data, "-o", case).code == 0
    assert invoke("verify", case, "--key", first).code == 0
    again = invoke("signer", "rotate", "--data", data)
    assert again.code == 0, again


def _shown(data: Path) -> Any:
    return json.loads(invoke("signer", "--data", data, "--json").stdout)
