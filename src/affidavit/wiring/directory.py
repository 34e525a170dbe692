"""The data directory: making one, opening the ledger in it, projecting its payloads."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from affidavit import dialects
from affidavit.core import canonical
from affidavit.core.verify import Project
from affidavit.errors import InvalidJson, SettingError
from affidavit.ledger.signer import create_signer
from affidavit.model.draft import Projection, Workspace
from affidavit.storage.sqlite import SqliteStore, create

DEFAULT_WORKSPACE = "default"
SIGNER_FILE = "signer.key"
WORKSPACE_SALT_BYTES = 16


def has_ledger(directory: Path) -> bool:
    """Whether a ledger was made there."""
    return (directory / "ledger.sqlite").exists()


def initialise(directory: Path, origin: str | None = None) -> str:
    """Make a data directory: ledger, signer, first workspace. Returns the origin.

    Raises SettingError for an origin that checkpoints could not carry, DataDirectoryError.
    """
    origin = origin or f"affidavit.local/{uuid.uuid4()}"
    if not origin.isascii() or not origin.isprintable() or " " in origin or "+" in origin:
        raise SettingError(f"the origin {origin!r} must be ASCII without spaces or plus signs, like a host and a path")
    create(directory, origin)
    create_signer(directory / SIGNER_FILE, origin)
    store = open_store(directory, exclusive=True)
    try:
        store.add_workspace(DEFAULT_WORKSPACE, os.urandom(WORKSPACE_SALT_BYTES))
    finally:
        store.close()
    return origin


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
        try:
            return known[dialect].project(canonical.parse(payload))
        except (InvalidJson, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from None

    return project
