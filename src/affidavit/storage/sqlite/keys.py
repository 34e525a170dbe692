"""Workspaces and API keys in ledger.sqlite."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from affidavit.access.keys import Key
from affidavit.errors import StoreFailed
from affidavit.model.draft import Workspace
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.files import open_ledger
from affidavit.storage.sqlite.readers import Readers
from affidavit.storage.sqlite.statements import statements

_sql = statements("keys.sql")


class Keys:
    """Implements access.keys.KeyStore. Writes are rare and each has a connection of its own: any thread may write."""

    def __init__(self, directory: Path, readers: Readers) -> None:
        self._directory = directory
        self._readers = readers

    def workspaces(self) -> list[Workspace]:
        """Every tenant, oldest first."""
        with self._readers.snapshot("reading workspaces") as connection:
            return [Workspace(*row) for row in connection.execute(_sql["workspaces"])]

    def add_workspace(self, name: str, salt: bytes) -> Workspace:
        """A new tenant. Raises StoreFailed if the name is taken."""
        with self._writing("adding a workspace") as connection:
            identity = connection.execute(_sql["add_workspace"], (name, salt)).get
        if identity is None:
            raise StoreFailed(f"there is a workspace {name} already: choose another name")
        return Workspace(identity, name, salt)

    def add_key(self, key: Key) -> None:
        """Keep a key."""
        row = (
            key.id, key.workspace.id, key.dialect, json.dumps(key.scopes), key.digest,
            key.created_at, key.expires_at, key.revoked_at, key.secret_generation,
        )  # fmt: skip
        with self._writing("adding a key") as connection:
            connection.execute(_sql["add_key"], row)

    def key_with_digest(self, digest: bytes) -> Key | None:
        """The key whose token has this SHA-256, revoked and expired ones too."""
        with self._readers.snapshot("reading a key") as connection:
            row = connection.execute(_sql["key_with_digest"], (digest,)).fetchone()
            return row and _key(row)

    def keys(self) -> list[Key]:
        """Every key, oldest first."""
        with self._readers.snapshot("reading keys") as connection:
            return [_key(row) for row in connection.execute(_sql["keys"])]

    def revoke_key(self, key_id: str, at: int) -> bool:
        """Mark a key revoked at `at` (the first revocation stands). False if there is no such key."""
        with self._writing("revoking a key") as connection:
            return connection.execute(_sql["revoke_key"], (at, key_id)).get is not None

    def rotate_secret(self, key_id: str) -> Key | None:
        """Make the key's next signing secret the one that counts. None if no such key signs."""
        with self._writing("rotating a secret") as connection:
            connection.execute(_sql["rotate_secret"], (key_id,))
            return next((_key(row) for row in connection.execute(_sql["key_with_id"], (key_id,))), None)

    @contextmanager
    def _writing(self, doing: str) -> Iterator[apsw.Connection]:
        with translated(doing):
            connection = open_ledger(self._directory)
            try:
                connection.execute(_sql["settings"])
                yield connection
            finally:
                connection.close()


def _key(row: Sequence[Any]) -> Key:
    identity, workspace, name, salt, dialect, scopes, digest, created_at, expires_at, revoked_at, generation = row
    return Key(
        identity, Workspace(workspace, name, salt), dialect, tuple(json.loads(scopes)), digest,
        created_at, expires_at, revoked_at, generation,
    )  # fmt: skip
