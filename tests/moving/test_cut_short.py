"""A copy that is cut short, at whatever moment: nothing opens it, and the same command again ends it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from affidavit.core.ids import uuid_text
from affidavit.ledger import copying
from affidavit.storage.postgres.target import PostgresTarget
from affidavit.wiring import copying as moving
from affidavit.wiring.copying import copy_ledger
from affidavit.wiring.ledger import open_store
from affidavit.wiring.place import Place
from tests import tables
from tests.cutting import Died, after, dies
from tests.invoking import invoke
from tests.moving.copies import SECONDS, assert_same, begun, closed, copied, order
from tests.running import PROGRAM

Patching = Callable[[pytest.MonkeyPatch], None]
CUT_SHORT: dict[str, Patching] = {
    "before the first block": lambda patch: patch.setattr(PostgresTarget, "add", dies),
    "with the first block": lambda patch: patch.setattr(PostgresTarget, "add", after(PostgresTarget.add)),
    "before the rest": lambda patch: patch.setattr(PostgresTarget, "put", dies),
    "with the rest": lambda patch: patch.setattr(PostgresTarget, "put", after(PostgresTarget.put)),
    "with the keys": lambda patch: patch.setattr(PostgresTarget, "put_owners", after(PostgresTarget.put_owners)),
    "when it is verified": lambda patch: patch.setattr(moving, "_hand_keys", dies),
    "with the directory": lambda patch: patch.setattr(moving, "_hand_keys", after(moving._hand_keys)),
    "with the source retired": lambda patch: patch.setattr(PostgresTarget, "complete", dies),
}


@pytest.mark.parametrize("step", CUT_SHORT)
def test_what_was_cut_short_goes_on(
    old: Path, database: str, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing opens the database before; the same command again ends it."""
    monkeypatch.setattr(copying, "BLOCK_ENTRIES", 100)
    new = tmp_path / "new"
    with pytest.MonkeyPatch.context() as patch:
        CUT_SHORT[step](patch)
        with pytest.raises(Died):
            copy_ledger(Place(old), Place(new, database), lambda done, size: None)
    for command in ("verify", "tail", "init"):
        assert "again, to its end" in closed(command, tmp_path / "other", database)
    copied(old, database, "--data", new)
    assert_same(old, new)


@pytest.mark.parametrize("table", ["runs", "checkpoints", "keys"])
def test_killed_in_the_midst_of_it(old: Path, database: str, tmp_path: Path, table: str) -> None:
    """SIGKILL, while it waits for a table: with blocks, then with all else, then with keys."""
    begun(Place(old), Place(old, database), "add")
    with psycopg.connect(database) as holding:
        holding.execute(f"LOCK TABLE affidavit.{table} IN EXCLUSIVE MODE")  # type: ignore[arg-type]
        process = subprocess.Popen([PROGRAM, "store", "copy", old, database])
        _wait_for(database, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL")
        process.kill()
        assert process.wait(SECONDS) == -9
        holding.rollback()
    assert "again, to its end" in closed("serve", tmp_path / "other", database)
    copied(old, database)
    assert_same(old, old)


def _wait_for(database: str, query: str) -> None:
    deadline = time.monotonic() + SECONDS
    with psycopg.connect(database, autocommit=True) as looking:
        while looking.execute(query).fetchone() == (0,):  # type: ignore[arg-type]
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_what_is_erased_before_it_goes_on_is_erased_in_the_copy(old: Path, database: str) -> None:
    """Also where it had arrived already."""
    begun(Place(old), Place(old, database), "put")
    with closing(open_store(Place(old), exclusive=False)) as store:
        victim = store.scan(100, 1)[0]
    order(old, "erase", uuid_text(victim.id))
    copied(old, database)
    assert_same(old, old)
    assert invoke("verify", "--data", old).code == 0
    assert tables.ask(old, "SELECT count(*) FROM affidavit.erasing") == [(1,)]


def test_ctrl_c_says_how_to_go_on(old: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says it once: no traceback, no abort of click's."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("affidavit.cli.storecopy.copy_ledger", interrupted)
    outcome = invoke("store", "copy", str(old), database)
    assert outcome.code == 130
    assert outcome.stderr.strip() == "affidavit: cut short: the same command goes on from here"
