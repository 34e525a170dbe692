"""What is not moved: what is broken, what is served, what has something in its way."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from affidavit.errors import StoreFailed
from affidavit.storage.postgres.target import PostgresTarget
from affidavit.wiring.database import KEY_FILES
from affidavit.wiring.ledger import open_store
from affidavit.wiring.place import STORE_FILE, Place
from tests.cli.program import affidavit
from tests.invoking import invoke
from tests.moving.copies import QUIET, begun, copied, go_on, refused
from tests.running import start

EDITS = {
    "UPDATE entries SET payload = x'7b7d' WHERE position = 3": (1, "payload-mismatch at position 3"),
    "UPDATE entries SET type = 'OTHER' WHERE position = 3": (1, "projection-mismatch at position 3"),
    "UPDATE chains SET erased = 1 WHERE dialect = 'agentlens'": (1, "the store counts 1 erased entries in it"),
    "UPDATE checkpoints SET root = zeroblob(32) WHERE size = (SELECT min(size) FROM checkpoints)": (
        1,
        "checkpoint-mismatch",
    ),
    "UPDATE entries SET hash = zeroblob(32) WHERE position = 3": (1, "hash-mismatch at position 3"),
    "UPDATE entries SET seq = 77 WHERE position = 3": (2, "the entry at position 3 is missing, or is not the next"),
    "DELETE FROM entries WHERE position = 3": (2, "affidavit verify"),
    "UPDATE tiles SET hashes = zeroblob(32)": (1, "tile-mismatch"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_source_that_was_edited_is_not_moved(old: Path, database: str, edit: str) -> None:
    """It is told, the database stays closed, and the directory is the file's."""
    with closing(apsw.Connection(str(old / "ledger.sqlite"))) as file:
        file.execute(edit)
    code, words = EDITS[edit]
    outcome = invoke("store", "copy", old, database)
    assert outcome.code == code, outcome
    assert words in outcome.stdout + outcome.stderr
    assert not (old / STORE_FILE).exists()
    assert invoke("verify", "--data", old / "other", "--store", database).code == 2


def test_a_report_for_machines_of_what_is_broken(old: Path, database: str) -> None:
    with closing(apsw.Connection(str(old / "ledger.sqlite"))) as file:
        file.execute("UPDATE entries SET payload = x'7b7d' WHERE position = 3")
    outcome = invoke("store", "copy", old, database, "--json")
    report = json.loads(outcome.stdout)
    assert (outcome.code, report["status"]) == (1, "broken")
    assert "payload-mismatch" in {problem["code"] for problem in report["problems"]}


def test_a_served_ledger_is_not_copied(old: Path, database: str) -> None:
    running = start(old, environment=QUIET)
    try:
        assert "in use by process" in refused(old, database)
    finally:
        running.kill()


def test_a_database_that_has_something(old: Path, database: str, tmp_path: Path) -> None:
    """The beginning of another's copy, or a ledger."""
    other = tmp_path / "other"
    affidavit("init", "--data", other)
    begun(Place(other), Place(other, database), "put")
    assert "the beginning of a copy of affidavit.local/" in refused(old, database)
    copied(other, database)
    assert "holds a ledger already" in refused(old, database)


def test_a_beginning_of_another_history(old: Path, database: str, tmp_path: Path) -> None:
    """Of the same name: a copy of the directory that went its own way."""
    fork = Path(shutil.copytree(old, tmp_path / "fork", copy_function=shutil.copy))
    for data, agent in ((fork, "one"), (old, "another")):
        go_on(data, agent)
    begun(Place(fork), Place(fork, database), "put")
    assert "a copy that is not of this ledger" in refused(old, database)


def test_a_beginning_that_is_longer(old: Path, database: str, tmp_path: Path) -> None:
    """The source is an older copy of what was begun to be copied."""
    newer = Path(shutil.copytree(old, tmp_path / "newer", copy_function=shutil.copy))
    go_on(newer)
    begun(Place(newer), Place(newer, database), "put")
    assert "a copy that is not of this ledger" in refused(old, database)


def test_two_copies_at_once(old: Path, database: str) -> None:
    """One of them goes on."""
    with closing(open_store(Place(old), exclusive=False)) as store:
        block, origin = store.scan(0, 10), store.origin
    with closing(PostgresTarget(database, origin, {})) as one, closing(PostgresTarget(database, origin, {})) as two:
        one.add(block)
        with pytest.raises(StoreFailed, match="another process copies a ledger into this database"):
            two.add(block)
        one.complete()
        with pytest.raises(StoreFailed, match="another process copies a ledger into this database"):
            two.put_owners([], [])


@pytest.mark.parametrize("name", KEY_FILES)
def test_a_new_directory_with_other_keys(old: Path, database: str, tmp_path: Path, name: str) -> None:
    new = tmp_path / "new"
    affidavit("init", "--data", new)
    for other in set(KEY_FILES) - {name}:
        shutil.copy(old / other, new / other)
    (new / name).write_bytes(b"other\n")
    assert f"has another {name}" in refused(old, database, "--data", new)
    assert not (old / STORE_FILE).exists()


def test_a_new_directory_that_knows_more(old: Path, database: str, tmp_path: Path) -> None:
    """Its ledger went on: this source is an older copy."""
    newer = Path(shutil.copytree(old, tmp_path / "newer", copy_function=shutil.copy))
    go_on(newer)
    assert "has a newer checkpoint than" in refused(old, database, "--data", newer)
    assert not (old / STORE_FILE).exists()


def test_what_names_no_place(old: Path, database: str, tmp_path: Path) -> None:
    assert "TO is no URL of PostgreSQL" in refused(old, tmp_path / "new")
    assert "FROM is no URL of PostgreSQL" in refused("postgresql://u:p/w@h/d", database, "--data", old)
    assert "--data the data directory of one of its servers" in refused(database, database)
    assert "there is no ledger in" in refused(tmp_path / "none", database)
