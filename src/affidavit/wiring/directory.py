"""The data directory: making one, opening the ledger in it, projecting its payloads."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from affidavit import dialects
from affidavit.core import canonical
from affidavit.core.verify import Project
from affidavit.errors import DataDirectoryError, SettingError
from affidavit.ledger.signer import create_signer
from affidavit.model.draft import Projection, Workspace
from affidavit.storage.sqlite import SqliteStore, create
from affidavit.storage.sqlite.files import LEDGER, lock, refuse_open_to_others
from affidavit.wiring.signing import RECEIPTS_FILE, SIGNER_FILE, receipts_signer

DEFAULT_WORKSPACE = "default"
WORKSPACE_SALT_BYTES = 16
_UNFINISHED = "unfinished"
"""Where a data directory's files are made. What is left of a making that was cut short holds nothing."""


def has_ledger(directory: Path) -> bool:
    """Whether a ledger was made there. Its file appears last, and whole."""
    return (directory / LEDGER).exists()


def initialise(directory: Path, origin: str | None = None) -> str:
    """Make a data directory: ledger, signer, first workspace. Returns the origin.

    Raises SettingError for an origin that checkpoints could not carry, DataDirectoryError.
    """
    if origin is None:
        origin = f"affidavit.local/{uuid.uuid4()}"
    if not origin.isascii() or not origin.isprintable() or not origin or " " in origin or "+" in origin:
        raise SettingError(f"the origin {origin!r} must be ASCII without spaces or plus signs, like a host and a path")
    try:
        _make_private(directory)
        _refuse_used(directory)
        held = lock(directory)
        try:
            _refuse_used(directory)  # another may have made one before the lock was ours
            _make_files(directory, origin)
        finally:
            os.close(held)
    except OSError as error:
        raise DataDirectoryError(f"{directory} cannot be used as a data directory: {error.strerror}") from error
    return origin


def _make_private(directory: Path) -> None:
    """A directory for its owner only; one that holds something already is not changed."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(directory.iterdir()):
        directory.chmod(0o700)
    refuse_open_to_others(directory)


def _refuse_used(directory: Path) -> None:
    if has_ledger(directory):
        raise DataDirectoryError(f"{directory} holds a ledger already: serve it, or choose another directory")
    if (directory / SIGNER_FILE).exists():
        raise DataDirectoryError(
            f"{directory} holds a {SIGNER_FILE} without its ledger: bring the ledger back from a backup, or move the "
            "key away to begin a new ledger"
        )


def _make_files(directory: Path, origin: str) -> None:
    """Everything in a place apart, then the ledger last: who finds it finds its signer and its workspace too."""
    unfinished = directory / _UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    create(unfinished, origin)
    create_signer(unfinished / SIGNER_FILE, origin)
    receipts_signer(unfinished, origin)
    store = open_store(unfinished, exclusive=False)
    try:
        store.add_workspace(DEFAULT_WORKSPACE, os.urandom(WORKSPACE_SALT_BYTES))
    finally:
        store.close()
    (unfinished / RECEIPTS_FILE).rename(directory / RECEIPTS_FILE)
    (unfinished / SIGNER_FILE).rename(directory / SIGNER_FILE)
    (unfinished / LEDGER).rename(directory / LEDGER)
    shutil.rmtree(unfinished)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_store(directory: Path, *, exclusive: bool) -> SqliteStore:
    """The ledger of a data directory. `exclusive`: as the server, of which there is one at a time."""
    searchable = {dialect.name: dialect.search_path for dialect in dialects.load().values()}
    return SqliteStore.open(directory, searchable=searchable, exclusive=exclusive)


def workspace_named(store: SqliteStore, name: str) -> Workspace:
    """Raises SettingError naming those that exist."""
    found = {workspace.name: workspace for workspace in store.workspaces()}
    if name not in found:
        raise SettingError(f"there is no workspace {name!r}: there are {', '.join(sorted(found))}")
    return found[name]


def projector() -> Project:
    """What verification rebuilds projections with: every dialect's own `project`."""
    known = dialects.load()

    def project(dialect: str, payload: bytes) -> Projection:
        if dialect not in known:
            raise ValueError(f"there is no dialect {dialect!r}")
        return known[dialect].project(canonical.parse(payload))

    return project
