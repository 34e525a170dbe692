"""A ledger in PostgreSQL is made once, with its keys in one data directory, whatever is cut short."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from affidavit.errors import DataDirectoryError, DirectoryInUse, StoreFailed
from affidavit.ledger.signer import create_signer, load_signer
from affidavit.storage import postgres
from affidavit.wiring import database as making
from affidavit.wiring.database import KEY_FILES, refuse_incomplete
from affidavit.wiring.directory import UNFINISHED, has_ledger, initialise
from affidavit.wiring.ledger import held, open_store, workspace_named
from affidavit.wiring.place import STORE_FILE, Place, place_in
from affidavit.wiring.signing import SIGNER_FILE
from tests.cutting import Died, after, dies

ORIGIN = "ledger.example/shared"


@pytest.fixture
def place(database: str, tmp_path: Path) -> Place:
    """A data directory that is not there yet, and an empty database."""
    return Place(tmp_path / "one", database)


def files(directory: Path) -> set[str]:
    """What is there, but for the lock."""
    return {path.name for path in directory.iterdir()} - {"lock"}


def keys(place: Place) -> dict[str, bytes]:
    """The keys of a place."""
    return {name: (place.directory / name).read_bytes() for name in KEY_FILES}


def test_a_new_ledger_has_its_keys_in_the_directory_and_all_else_in_the_database(place: Place) -> None:
    assert not has_ledger(place)
    assert initialise(place, ORIGIN) == ORIGIN
    assert has_ledger(place)
    assert files(place.directory) == {*KEY_FILES, STORE_FILE}
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.directory.iterdir()} == {0o600}
    assert stat.S_IMODE(place.directory.stat().st_mode) == 0o700
    assert place_in(place.directory).url == place.url
    with closing(open_store(place_in(place.directory), exclusive=False)) as store:
        assert (store.origin, store.size()) == (ORIGIN, 0)
        assert workspace_named(store, "default").salt not in (b"", bytes(16))
    with pytest.raises(DataDirectoryError, match="holds a ledger already: serve it, or choose another database"):
        initialise(place)


CUT_SHORT: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before the ledger": lambda patch: patch.setattr(postgres, "create", dies),
    "with the ledger": lambda patch: patch.setattr(postgres, "create", after(postgres.create)),
    "before the workspace": lambda patch: patch.setattr(postgres.PostgresStore, "add_workspace", dies),
    "with the workspace": lambda patch: patch.setattr(
        postgres.PostgresStore, "add_workspace", after(postgres.PostgresStore.add_workspace)
    ),
    "with the note": lambda patch: patch.setattr(making, "note_place", after(making.note_place)),
    "with the first key": lambda patch: patch.setattr(Path, "rename", after(Path.rename)),
    "with all keys": lambda patch: patch.setattr(making, "persist_names", dies),
}


@pytest.mark.parametrize("step", CUT_SHORT)
def test_the_next_start_ends_what_was_cut_short(place: Place, step: str) -> None:
    """There is one ledger, with the keys that are here."""
    with pytest.MonkeyPatch.context() as patch:
        CUT_SHORT[step](patch)
        with pytest.raises(Died):
            initialise(place, ORIGIN)
    is_made = has_ledger(place)
    assert is_made == (step == "with all keys")
    if not is_made:
        assert initialise(place, ORIGIN) == ORIGIN
        assert files(place.directory) == {*KEY_FILES, STORE_FILE}
    with closing(open_store(place, exclusive=False)) as store:
        assert [workspace.name for workspace in store.workspaces()] == ["default"]
        load_signer(place.directory / SIGNER_FILE, store.origin)


@pytest.mark.parametrize("theirs", [ORIGIN, "ledger.example/theirs"])
def test_of_two_that_make_it_at_once_one_does(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    """Also under one name: the keys of the other are no keys of it."""
    other = Place(tmp_path / "two", place.url)
    create = postgres.create

    def create_too_late(*arguments: Any) -> None:
        monkeypatch.setattr(postgres, "create", create)
        initialise(other, theirs)
        create(*arguments)

    monkeypatch.setattr(postgres, "create", create_too_late)
    with pytest.raises(DataDirectoryError, match=f"has the ledger {theirs} already, and {place.directory} none of its"):
        initialise(place, ORIGIN)
    assert files(place.directory) == set()
    assert has_ledger(other)


def test_who_was_first_to_claim_a_new_ledger_has_it(place: Place, tmp_path: Path) -> None:
    """One died when it had made the ledger, before it said whose it is; another of the same name comes first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "create", after(postgres.create))
        with pytest.raises(Died):
            initialise(place, ORIGIN)
    other = Place(tmp_path / "two", place.url)
    shutil.copytree(place.directory, other.directory)
    shutil.rmtree(other.directory / UNFINISHED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "has_ledger", lambda place: False)
        assert initialise(other, ORIGIN) == ORIGIN
    with pytest.raises(DataDirectoryError, match="none of its keys"):
        initialise(place, ORIGIN)


def test_another_server_gets_copies_of_the_keys(place: Place, tmp_path: Path) -> None:
    """Without them, and with some of them, it is told which to copy; none is made anew."""
    initialise(place, ORIGIN)
    other = Place(tmp_path / "two", place.url)
    with pytest.raises(DataDirectoryError, match=r"copy receipts.key, secrets.key and signer.key from the data dir"):
        initialise(other)
    for name in reversed(KEY_FILES):
        with pytest.raises(DataDirectoryError, match=f"has no .*{name}"):
            refuse_incomplete(other)
        shutil.copy(place.directory / name, other.directory)
    refuse_incomplete(other)
    assert has_ledger(other)
    assert keys(other) == keys(place)


def test_a_signer_without_its_ledger_begins_no_other(place: Place) -> None:
    place.directory.mkdir(mode=0o700)
    create_signer(place.directory / SIGNER_FILE, ORIGIN)
    with pytest.raises(
        DataDirectoryError, match=r"holds a signer.key without its ledger, which is not in postgresql://"
    ):
        initialise(place)
    assert not postgres.has_ledger(place.url)


def test_a_database_that_is_not_there(place: Place) -> None:
    """Nothing that is made for it stays in its place; the next try is a first one."""
    nowhere = Place(place.directory, place.url.replace("test_", "none_"))
    with pytest.raises(StoreFailed):
        initialise(nowhere)
    initialise(place)


def test_a_directory_has_one_server(place: Place) -> None:
    initialise(place)
    with held(place), pytest.raises(DirectoryInUse, match="is in use by process"), held(place):
        pass
    with held(place):
        pass
    place.directory.chmod(0o755)
    with pytest.raises(DataDirectoryError, match=f"chmod o= {place.directory}"), held(place):
        pass
    with (
        pytest.raises(DataDirectoryError, match=r"there is no directory .* copy signer.key"),
        held(Place(place.directory / "none", place.url)),
    ):
        pass
