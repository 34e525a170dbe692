"""API keys: made once, shown once, kept as a SHA-256 digest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from affidavit.model.draft import Workspace


class Key(msgspec.Struct, frozen=True):
    """An API key as it is stored. Times in µs since 1970. `digest`: SHA-256 of the token; the token is nowhere.

    `secret_generation`: which of its signing secrets counts, from 1; 0 where it has none.
    """

    id: str
    workspace: Workspace
    dialect: str
    scopes: tuple[str, ...]
    digest: bytes
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    secret_generation: int = 0


class KeyStore(Protocol):
    """Where workspaces and keys are kept. Written by commands while a server runs; both see each other's commits."""

    def workspaces(self) -> list[Workspace]:
        """Every tenant, oldest first."""
        ...

    def add_workspace(self, name: str, salt: bytes) -> Workspace:
        """A new tenant. Raises StoreFailed if the name is taken."""
        ...

    def add_key(self, key: Key) -> None:
        """Keep a key."""
        ...

    def key_with_digest(self, digest: bytes) -> Key | None:
        """The key whose token has this SHA-256, revoked and expired ones too."""
        ...

    def keys(self) -> list[Key]:
        """Every key, oldest first."""
        ...

    def revoke_key(self, key_id: str, at: int) -> bool:
        """Mark a key revoked at `at` (the first revocation stands). False if there is no such key."""
        ...

    def rotate_secret(self, key_id: str) -> Key | None:
        """Make the key's next signing secret the one that counts. None if no such key signs."""
        ...


def digest_of(token: str) -> bytes:
    """What is stored of a token. Tokens carry at least 128 random bits, so a plain hash is enough."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def issue(
    workspace: Workspace,
    dialect: str,
    prefix: str,
    secret_bytes: int,
    scopes: Sequence[str],
    *,
    now: int,
    entropy: Callable[[int], bytes],
    expires_at: int | None = None,
    signs: bool = False,
) -> tuple[Key, str]:
    """A new key and its token: the vendor's prefix and `secret_bytes` random bytes in hex. Nothing is stored yet.

    `signs`: whether it has a signing secret.
    """
    token = prefix + entropy(secret_bytes).hex()
    identity = "key_" + entropy(8).hex()
    return Key(identity, workspace, dialect, tuple(scopes), digest_of(token), now, expires_at, None, int(signs)), token
