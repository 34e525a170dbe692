"""The data directory: making one, with a ledger in it or in a database."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import Final

from affidavit.errors import DataDirectoryError, SettingError
from affidavit.ledger.durable import persist_names
from affidavit.ledger.signer import create_signer
from affidavit.storage.sqlite import create
from affidavit.storage.sqlite.files import LEDGER, lock, refuse_open_to_others
from affidavit.wiring import database
from affidavit.wiring.ledger import DEFAULT_WORKSPACE, WORKSPACE_SALT_BYTES, open_store
from affidavit.wiring.place import Place
from affidavit.wiring.signing import RECEIPTS_FILE, SIGNER_FILE, receipts_signer

UNFINISHED: Final = "unfinished"
"""Where a data directory's files are made. What is left of a making that was cut short holds nothing, but the keys of a
ledger that is in its database already."""


def has_ledger(place: Place) -> bool:
    """Whether a ledger was made there, and its keys are in the directory. Where it is in a file, that appears last."""
    if place.url:
        return (place.directory / SIGNER_FILE).exists() and database.has_ledger(place)
    return (place.directory / LEDGER).exists()


def initialise(place: Place, origin: str | None = None) -> str:
    """Make a ledger: its store, its keys in the data directory, its first workspace. Returns the origin.

    Raises SettingError for an origin that checkpoints could not carry, DataDirectoryError.
    """
    if origin is None:
        origin = f"affidavit.local/{uuid.uuid4()}"
    if not origin.isascii() or not origin.isprintable() or not origin or " " in origin or "+" in origin:
        raise SettingError(f"the origin {origin!r} must be ASCII without spaces or plus signs, like a host and a path")
    directory = place.directory
    try:
        _make_private(directory)
        _refuse_used(place)
        descriptor = lock(directory)
        try:
            _refuse_used(place)  # another may have made one before the lock was ours
            if place.url:
                return database.make(place, directory / UNFINISHED, origin)
            _make_files(directory, origin)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise DataDirectoryError(f"{directory} cannot be used as a data directory: {error.strerror}") from error
    return origin


def _make_private(directory: Path) -> None:
    """A directory for its owner only; one that holds something already is not changed."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(directory.iterdir()):
        directory.chmod(0o700)
    refuse_open_to_others(directory)


def _refuse_used(place: Place) -> None:
    if has_ledger(place):
        other = "database" if place.url else "directory"
        raise DataDirectoryError(f"{place} holds a ledger already: serve it, or choose another {other}")
    if (place.directory / SIGNER_FILE).exists():
        where = f", which is not in {place}" if place.url else ""
        raise DataDirectoryError(
            f"{place.directory} holds a {SIGNER_FILE} without its ledger{where}: bring the ledger back from a backup, "
            "or move the key away to begin a new ledger"
        )


def _make_files(directory: Path, origin: str) -> None:
    """Everything in a place apart, then the ledger last: who finds it finds its signer and its workspace too."""
    unfinished = directory / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    create(unfinished, origin)
    create_signer(unfinished / SIGNER_FILE, origin)
    receipts_signer(unfinished, origin)
    store = open_store(Place(unfinished), exclusive=False)
    try:
        store.add_workspace(DEFAULT_WORKSPACE, os.urandom(WORKSPACE_SALT_BYTES))
    finally:
        store.close()
    for name in (RECEIPTS_FILE, SIGNER_FILE, LEDGER):
        (unfinished / name).rename(directory / name)
    shutil.rmtree(unfinished)
    persist_names(directory)
