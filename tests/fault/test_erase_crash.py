"""SIGKILL between the steps of an erasure: the next start ends it, and no byte is left."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from affidavit.model.query import Query
from affidavit.storage.sqlite import SqliteStore
from tests.contract.erasing import left_in
from tests.contract.recording import SEARCHABLE, index_fully

STEPS = {
    "in the transaction": "erasing.Erasing.write = dies_after(erasing.Erasing.write)",
    "after the commit": "indexer.forget = dies",
    "after the index": "indexer.empty_wals = dies",
    "before it is noted that nothing is left": "cleaning._erase = Deadly()",
}
"""What is put in the way of a process that erases."""
ERASES = """
import os, signal, sys
from pathlib import Path
from affidavit.storage.sqlite import SqliteStore, create, cleaning, erasing, indexer
from tests.contract.erasing import erase
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft, index_fully

def dies(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def dies_after(step):
    def both(*arguments):
        step(*arguments)
        dies()
    return both

class Deadly:
    def __getitem__(self, _):
        dies()

directory = Path(sys.argv[1])
create(directory, ORIGIN)
store = SqliteStore.open(directory, searchable=SEARCHABLE, exclusive=True)
recording = Recording(store)
entries = recording.record([
    draft({"text": f"marker-{n}-" + "x" * 20_000 * (n % 2)}, agent=f"who-{n}", session=f"where-{n}", kind=f"what-{n}")
    for n in range(10)
])
index_fully(store)
exec(sys.argv[2])
erase(recording, entries[3:7])
store.clean()
"""
ERASED = [f"{name}-{n}".encode() for n in range(3, 7) for name in ("marker", "who", "where", "what")]
KEPT = [f"{name}-{n}".encode() for n in (0, 1, 2, 7, 8, 9) for name in ("marker", "who", "where", "what")]


@pytest.mark.parametrize("step", STEPS)
def test_the_next_start_ends_it(tmp_path: Path, step: str) -> None:
    data = tmp_path / "data"
    ended = subprocess.run(
        [sys.executable, "-c", ERASES, data, STEPS[step]], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    happened = step != "in the transaction"
    with closing(_opened(data)) as store:
        index_fully(store)
        assert (left_in(data, ERASED) == []) == happened
        assert {text for _, text in left_in(data, KEPT)} == set(KEPT)
        assert list(store.audit()) == []
        assert [entry.erased for entry in store.scan(0, 10)] == [happened and 3 <= n < 7 for n in range(10)]
        assert store.size() == 10 + happened, "the entry that says so is there with what it says"
        assert store.find(1, Query("agentlens", text="marker-4")).total == (not happened)
        assert store.find(1, Query("agentlens", text="marker-2")).total == 1
        assert store.clean() == 0
    with closing(_opened(data)) as store:
        assert index_fully(store) == 0, "there is nothing left to end"


def _opened(data: Path) -> SqliteStore:
    return SqliteStore.open(data, searchable=SEARCHABLE, exclusive=True)
