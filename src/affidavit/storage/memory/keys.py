"""Workspaces and API keys in memory."""

from __future__ import annotations

from msgspec.structs import replace

from affidavit.access.keys import Key
from affidavit.errors import StoreFailed
from affidavit.model.draft import Workspace


class Keys:
    """Implements access.keys.KeyStore."""

    def __init__(self) -> None:
        self._workspaces: dict[str, Workspace] = {}
        self._keys: dict[str, Key] = {}

    def workspaces(self) -> list[Workspace]:
        """Every tenant, oldest first."""
        return list(self._workspaces.values())

    def add_workspace(self, name: str, salt: bytes) -> Workspace:
        """A new tenant. Raises StoreFailed if the name is taken."""
        if name in self._workspaces:
            raise StoreFailed(f"there is a workspace {name} already: choose another name")
        workspace = self._workspaces[name] = Workspace(len(self._workspaces) + 1, name, salt)
        return workspace

    def add_key(self, key: Key) -> None:
        """Keep a key. Raises StoreFailed if its id or its token is taken, or its workspace does not exist."""
        taken = key.id in self._keys or self.key_with_digest(key.digest) is not None
        if taken or key.workspace not in self._workspaces.values():
            raise StoreFailed("what is to be written contradicts what is there (adding a key)")
        self._keys[key.id] = key

    def key_with_digest(self, digest: bytes) -> Key | None:
        """The key whose token has this SHA-256, revoked and expired ones too."""
        return next((key for key in self._keys.values() if key.digest == digest), None)

    def keys(self) -> list[Key]:
        """Every key, oldest first."""
        return list(self._keys.values())

    def revoke_key(self, key_id: str, at: int) -> bool:
        """Mark a key revoked at `at` (the first revocation stands). False if there is no such key."""
        key = self._keys.get(key_id)
        if key is not None and key.revoked_at is None:
            self._keys[key_id] = replace(key, revoked_at=at)
        return key is not None

    def rotate_secret(self, key_id: str) -> Key | None:
        """Make the key's next signing secret the one that counts. None if no such key signs."""
        key = self._keys.get(key_id)
        if key is None or not key.secret_generation or key.revoked_at is not None:
            return None
        self._keys[key_id] = replace(key, secret_generation=key.secret_generation + 1)
        return self._keys[key_id]
