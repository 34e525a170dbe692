"""Making API keys of a dialect."""

from __future__ import annotations

import os
import time

from affidavit.access.keys import Key, KeyStore, issue
from affidavit.core.instants import DAY
from affidavit.dialects.contract import Dialect
from affidavit.errors import SettingError
from affidavit.model.draft import Workspace

EVERY_SCOPE = "*"


def create_key(
    keys: KeyStore, dialect: Dialect, workspace: Workspace, scopes: tuple[str, ...] = (), *, days: int | None = None
) -> tuple[Key, str]:
    """A new key, stored, and its token, which is kept nowhere.

    No scopes: all of the dialect's. `days`: until it expires; None for never. Raises SettingError for a scope that
    the dialect does not have.
    """
    for scope in scopes:
        if scope != EVERY_SCOPE and scope not in dialect.scopes:
            raise SettingError(f"{dialect.name} has no scope {scope!r}: it has {', '.join(dialect.scopes)}, and *")
    now = time.time_ns() // 1000
    key, token = issue(
        workspace,
        dialect.name,
        dialect.key_prefix,
        dialect.key_bytes,
        scopes or (dialect.scopes if dialect.usual_scopes is None else dialect.usual_scopes),
        now=now,
        entropy=os.urandom,
        expires_at=None if days is None else now + days * DAY,
        signs=bool(dialect.secret_prefix),
    )
    keys.add_key(key)
    return key, token
