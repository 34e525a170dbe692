"""The ledger as everybody here sees it, whichever store it is in; and how one is opened."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from affidavit import dialects
from affidavit.access.keys import KeyStore
from affidavit.core import canonical
from affidavit.core.verify import Project
from affidavit.errors import DataDirectoryError, SettingError
from affidavit.ledger.store import Store
from affidavit.model.draft import Projection, Workspace
from affidavit.storage.sqlite import SqliteStore
from affidavit.storage.sqlite.files import lock, refuse_open_to_others
from affidavit.wiring.place import Place

DEFAULT_WORKSPACE: Final = "default"
WORKSPACE_SALT_BYTES: Final = 16
LEAD_SECONDS: Final = 10
LEAD_PAUSE_SECONDS: Final = 0.25


class Ledger(Store, KeyStore, Protocol):
    """A store with the ledger's name, workspaces and keys."""

    @property
    def origin(self) -> str:
        """The ledger's name."""
        ...

    def ping(self) -> None:
        """Touch the ledger. Raises StoreError if it does not answer."""
        ...

    def may_clean(self) -> bool:
        """Whether `clean` only waits for readers; else the last copies are a database's owner's to destroy."""
        ...


def open_store(place: Place, *, exclusive: bool) -> Ledger:
    """The ledger of a place. `exclusive`: to append; in a directory that is for one process at a time.

    Raises DataDirectoryError where there is none or it is in use, StoreUnreadable, StoreFailed.
    """
    if not place.url:
        return SqliteStore.open(place.directory, searchable=_searchable(), exclusive=exclusive)
    from affidavit.storage.postgres import PostgresStore  # only where there is a database

    return PostgresStore.open(place.url, searchable=_searchable(), connections=place.connections)


def open_copy(place: Place) -> Ledger:
    """The same ledger, read from the copy of its database, as far as that is. Nothing is decided by it.

    Raises as `open_store`.
    """
    from affidavit.storage.postgres import PostgresStore

    return PostgresStore.open(
        place.url, searchable=_searchable(), connections=place.connections, read_url=place.read_url
    )


def _searchable() -> dict[str, str]:
    return {dialect.name: dialect.search_path for dialect in dialects.load().values()}


@contextmanager
def held(place: Place) -> Iterator[None]:
    """The right to sign with the keys of a place's directory, and to write its file `checkpoint`: one process's.

    Of a ledger in the directory itself who opens it exclusively has that. Raises DirectoryInUse, DataDirectoryError.
    """
    if not place.url:
        yield
        return
    if not place.directory.is_dir():
        raise DataDirectoryError(
            f"there is no directory {place.directory} with the ledger's keys: copy signer.key, receipts.key and "
            "secrets.key from the data directory of another server"
        )
    refuse_open_to_others(place.directory)
    descriptor = lock(place.directory)
    try:
        yield
    finally:
        os.close(descriptor)


def take_lead(store: Store, place: Place, instead: str) -> None:
    """Returns once it is for this process to seal: for some seconds it is still for a server that was killed.

    Raises DataDirectoryError where a server goes on, saying what to do `instead`.
    """
    deadline = time.monotonic() + LEAD_SECONDS
    while not store.lead():
        if time.monotonic() >= deadline:
            raise DataDirectoryError(f"a server of the ledger in {place} runs, and seals it: {instead}")
        time.sleep(LEAD_PAUSE_SECONDS)


def workspace_named(store: KeyStore, name: str) -> Workspace:
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
