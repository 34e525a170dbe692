"""Workspaces and API keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from affidavit.access.keys import Key
from affidavit.errors import StoreFailed
from affidavit.model.draft import Workspace
from affidavit.storage.postgres.connecting import Connection
from affidavit.storage.postgres.readers import Readers
from affidavit.storage.postgres.statements import statements
from affidavit.storage.postgres.writes import Writes

_sql = statements("keys.sql")


class Keys:
    """Implements access.keys.KeyStore. Any thread may call it."""

    def __init__(self, readers: Readers, writes: Writes) -> None:
        """`readers` of the primary: a key that was revoked is revoked at once."""
        self._kept = readers
        self._writes = writes

    def workspaces(self) -> list[Workspace]:
        """Every tenant, oldest first."""
        return [Workspace(*row) for row in self._kept.rows("reading workspaces", _sql["workspaces"], placed=False)]

    def add_workspace(self, name: str, salt: bytes) -> Workspace:
        """A new tenant. Raises StoreFailed if the name is taken."""
        rows = self._writes.run("adding a workspace", _sql["add_workspace"], {"name": name, "salt": salt})
        if not rows:
            raise StoreFailed(f"there is a workspace {name} already: choose another name")
        return Workspace(rows[0][0], name, salt)

    def add_key(self, key: Key) -> None:
        """Keep a key. Raises StoreFailed if its id or its token is taken, or its workspace does not exist."""
        with self._writes.transaction("adding a key") as connection:
            add_key(connection, key)

    def key_with_digest(self, digest: bytes) -> Key | None:
        """The key whose token has this SHA-256, revoked and expired ones too."""
        row = self._kept.row("reading a key", _sql["key_with_digest"], {"digest": digest}, placed=False)
        return None if row is None else _key(row)

    def keys(self) -> list[Key]:
        """Every key, oldest first."""
        return [_key(row) for row in self._kept.rows("reading keys", _sql["keys"], placed=False)]

    def revoke_key(self, key_id: str, at: int) -> bool:
        """Mark a key revoked at `at` (the first revocation stands). False if there is no such key."""
        return bool(self._writes.run("revoking a key", _sql["revoke_key"], {"id": key_id, "at": at}))

    def rotate_secret(self, key_id: str) -> Key | None:
        """Make the key's next signing secret the one that counts. None if no such key signs."""
        rows = self._writes.run("rotating a secret", _sql["rotate_secret"], {"id": key_id})
        return _key(rows[0]) if rows else None


def add_key(connection: Connection, key: Key) -> None:
    """Inside a transaction."""
    values = {
        "id": key.id,
        "workspace": key.workspace.id,
        "dialect": key.dialect,
        "scopes": list(key.scopes),
        "digest": key.digest,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "secret_generation": key.secret_generation,
    }
    connection.execute(_sql["add_key"], values)


def _key(row: Sequence[Any]) -> Key:
    identity, workspace, name, salt, dialect, scopes, digest, created_at, expires_at, revoked_at, generation = row
    return Key(
        identity, Workspace(workspace, name, salt), dialect, tuple(scopes), digest,
        created_at, expires_at, revoked_at, generation,
    )  # fmt: skip
