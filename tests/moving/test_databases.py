"""From one PostgreSQL to another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from affidavit.ledger.audit import AuditReport
from affidavit.wiring import copying as moving
from affidavit.wiring import ledger
from affidavit.wiring.database import KEY_FILES
from affidavit.wiring.ledger import Ledger
from affidavit.wiring.place import STORE_FILE, Place
from tests.invoking import invoke
from tests.moving.copies import QUIET, assert_same, begun, copied, refused
from tests.running import start


@pytest.fixture
def another_database(database: str) -> Iterator[str]:
    """Beside the one that has the ledger."""
    name = f"{database.rpartition('/')[2]}_too"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield f"{database}_too"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.mark.parametrize("cut_short", [False, True])
@pytest.mark.parametrize("by_url", [False, True])
def test_from_one_postgresql_to_another(
    moved: Path, database: str, another_database: str, by_url: bool, cut_short: bool
) -> None:
    """The old one refuses everybody from then on, and says why."""
    if cut_short:
        begun(Place(moved, database), Place(moved, another_database), "complete")
    copied(*((database, another_database, "--data", moved) if by_url else (moved, another_database)))
    assert_same(moved, moved)
    gone = invoke("verify", "--data", moved, "--store", database)
    assert (gone.code, "copied to another database" in gone.stderr) == (2, True)
    assert invoke("verify", "--data", moved).code == 0


def test_a_postgresql_that_is_served_is_not_copied(
    moved: Path, database: str, another_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whichever server: the directory is not in use, the lease is."""
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    for name in KEY_FILES:
        shutil.copy(moved / name, other / name)
    running = start(other, "--store", database, environment=QUIET)
    monkeypatch.setattr(ledger, "LEAD_SECONDS", 0)
    try:
        assert "stop all its servers first" in refused(moved, another_database)
    finally:
        running.stop()


def meanwhile(patch: pytest.MonkeyPatch, database: str, query: str) -> None:
    """Have somebody do this to the source while the copy is verified."""
    verify = moving.verify_directory

    def verified(directory: Path, store: Ledger, progress: moving.Progress) -> AuditReport:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(query)  # type: ignore[arg-type]
        return verify(directory, store, progress)

    patch.setattr(moving, "verify_directory", verified)


def test_a_server_that_is_started_meanwhile(moved: Path, database: str, another_database: str) -> None:
    """Once it has the lease the copy ends; the source is served as before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "LEAD_SECONDS", -1)
        until = "clock_timestamp() + interval '4 s'"
        meanwhile(patch, database, f"UPDATE affidavit.sealer SET holder = 'other', epoch = epoch + 1, until = {until}")
        assert "was started: stop it, and run this again" in refused(moved, another_database)
    assert (moved / STORE_FILE).read_text().strip() == database
    assert invoke("verify", "--data", moved).code == 0


CHANGES = {
    "a hold": "INSERT INTO affidavit.holds SELECT chain, id FROM affidavit.entries LIMIT 1",
    "a release": "DELETE FROM affidavit.holds",
    "an entry": "UPDATE affidavit.ledger SET size = size - 1",
    "a checkpoint": "DELETE FROM affidavit.checkpoints WHERE size = (SELECT max(size) FROM affidavit.checkpoints)",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_source_that_is_changed_meanwhile(moved: Path, database: str, another_database: str, change: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        meanwhile(patch, database, CHANGES[change])
        assert "the ledger was changed while it was copied" in refused(moved, another_database)
    assert (moved / STORE_FILE).read_text().strip() == database


def test_a_key_that_is_made_meanwhile_is_there(moved: Path, database: str, another_database: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        meanwhile(patch, database, "INSERT INTO affidavit.workspaces (name, salt) VALUES ('late', 'salt')")
        copied(moved, another_database)
    assert "late" in invoke("workspace", "list", "--data", moved).stdout
