"""Roles with the least that a server, whoever erases, and a reader need.

Roles belong to the whole cluster, grants to the ledger's database: several ledgers may have the same roles, or each its
own. Operators whose role may make none have somebody make three, NOLOGIN, of these names first.
"""

from __future__ import annotations

from contextlib import closing
from typing import Final

from psycopg import errors, sql

from affidavit.errors import DataDirectoryError, SettingError
from affidavit.storage.postgres.connecting import Connection, connect
from affidavit.storage.postgres.failures import translated
from affidavit.storage.postgres.schema import is_there
from affidavit.storage.postgres.statements import statements

KINDS: Final = ("writer", "eraser", "reader")
_MOST_BYTES: Final = 63
"""Of a name: PostgreSQL cuts what is longer."""
_sql = statements("roles.sql")


def grant_roles(url: str, prefix: str) -> dict[str, str]:
    """Make what is missing of the three roles, and grant each what it needs, all or nothing. Returns them by kind.

    May be repeated. Raises SettingError for names that cannot be used, DataDirectoryError where there is no ledger,
    StoreFailed where this role may not do it.
    """
    names = {kind: f"{prefix}_{kind}" for kind in KINDS}
    if not prefix.isprintable() or max(len(name.encode()) for name in names.values()) > _MOST_BYTES:
        raise SettingError(f"{prefix!r} begins no names of roles: take a short word, such as affidavit")
    roles = {kind: sql.Identifier(name) for kind, name in names.items()}
    with translated("granting roles"), closing(connect(url)) as connection, connection.transaction():
        if not is_there(connection):
            raise DataDirectoryError("there is no ledger in the database: run `affidavit store init` first")
        for name in names.values():
            _make(connection, name)
        for statement in ("start_anew", "grant_reader", "grant_writer", "grant_eraser"):
            connection.execute(sql.SQL(_sql[statement]).format(**roles))
    return names


def _make(connection: Connection, name: str) -> None:
    """A role that is there already is taken where it is nobody's own, and may do nothing by itself."""
    found = connection.execute(_sql["role"], {"name": name}).fetchone()
    if found is None:
        try:
            connection.execute(sql.SQL(_sql["make"]).format(role=sql.Identifier(name)))
        except errors.InsufficientPrivilege:
            raise SettingError(
                f"there is no role {name}, and the role of this URL may make none: have one who may run "
                + "".join(f"CREATE ROLE {name.rpartition('_')[0]}_{kind} NOLOGIN; " for kind in KINDS).strip()
            ) from None
    elif any(found):
        raise SettingError(
            f"there is a role {name} already that logs in, or may do more than it is granted: name others"
        )
