"""Admission: a token -> a grant, or the reason why not."""

from __future__ import annotations

import hmac
from collections.abc import Callable

import msgspec

from affidavit.access.keys import Key, KeyStore, digest_of
from affidavit.core.entry import OPEN_KEY
from affidavit.errors import Forbidden, Unauthenticated
from affidavit.model.draft import Workspace

FRESH_SECONDS = 1.0
"""How long a looked-up key is trusted: a revocation takes hold within this time."""
MAX_CACHED_KEYS = 10_000
ANY_SCOPE = "*"


class Grant(msgspec.Struct, frozen=True):
    """What a request may do: whose ledger it sees, and what stands in the `by` of its entries."""

    workspace: Workspace
    by: str
    scopes: tuple[str, ...]
    secret_generation: int = 0

    def require(self, scope: str, *others: str) -> None:
        """Raises Forbidden if neither the scope nor one of the others is held."""
        if not {scope, ANY_SCOPE, *others}.intersection(self.scopes):
            raise Forbidden(f"this key lacks the scope {scope}", required=scope, held=self.scopes)


class Admission:
    """Looks keys up. Owned by the server's event loop thread."""

    def __init__(self, keys: KeyStore, clock: Callable[[], float], *, everyone: Workspace | None = None) -> None:
        """`clock`: seconds since 1970. `everyone`: the workspace of requests without a key; None asks for keys."""
        self._keys = keys
        self._clock = clock
        self._everyone = None if everyone is None else Grant(everyone, OPEN_KEY, (ANY_SCOPE,))
        self._cached: dict[str, tuple[float, Key]] = {}

    @property
    def open_grant(self) -> Grant | None:
        """What everyone may do on an open server; None where keys are asked for."""
        return self._everyone

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    def remembers(self, token: str) -> bool:
        """Whether it was a key's when it was last looked up."""
        return token in self._cached

    def fresh(self, token: str) -> Key | None:
        """Its key, if that was looked up so lately that it is trusted."""
        cached = self._cached.get(token)
        return cached[1] if cached is not None and self._clock() - cached[0] < FRESH_SECONDS else None

    def look_up(self, token: str) -> Key | None:
        """Its key, as the store has it. Any thread."""
        digest = digest_of(token)
        key = self._keys.key_with_digest(digest)
        return key if key is not None and hmac.compare_digest(key.digest, digest) else None

    def keep(self, token: str, key: Key, asked_at: float) -> None:
        """Trust what was looked up at `asked_at`, seconds since 1970."""
        if len(self._cached) >= MAX_CACHED_KEYS:
            self._cached.clear()
        self._cached[token] = (asked_at, key)

    def grant(self, key: Key | None, dialect: str) -> Grant:
        """What a key may do in a dialect. Raises Unauthenticated with the fault."""
        now = self._clock()
        if key is None or key.dialect != dialect:
            raise Unauthenticated("unknown", "this API key is not known here: create one with `affidavit key create`")
        if key.revoked_at is not None:
            raise Unauthenticated("revoked", "this API key was revoked: create another with `affidavit key create`")
        if key.expires_at is not None and key.expires_at <= now * 1e6:
            raise Unauthenticated("expired", "this API key has expired: create another with `affidavit key create`")
        return Grant(key.workspace, key.id, key.scopes, key.secret_generation)
