"""The schema: made, recognised."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Final, NamedTuple

import psycopg

from affidavit.errors import DataDirectoryError, SettingError, StoreFailed, StoreUnreadable
from affidavit.storage.postgres.connecting import Connection, connect
from affidavit.storage.postgres.failures import translated
from affidavit.storage.postgres.statements import statements

VERSION: Final = 1
COPYING: Final = -VERSION
"""In the place of the version while a ledger is being copied into the database: no program knows such a version."""
MOVED: Final = 0
"""The same, since the ledger was copied elsewhere."""
_REFUSALS: Final = {
    VERSION: "the database holds a ledger already: serve it, or choose another database",
    COPYING: "a ledger is being copied into the database, or that was cut short: run the same `affidavit store copy` "
    "again, to its end. Before that nothing else uses it",
    MOVED: "the ledger was copied to another database, and goes on there: name that one. To take it up here, where it "
    "went on nowhere else, UPDATE affidavit.ledger SET version = 1",
}
_sql = statements("schema.sql")


class Ledger(NamedTuple):
    """What a database says of the ledger in it. `is_distributed`: by Citus."""

    origin: str
    is_distributed: bool


def has_ledger(url: str) -> bool:
    """Whether there is one. Raises StoreFailed."""
    with translated("looking for a ledger"), closing(connect(url)) as connection:
        return is_there(connection)


def create(url: str, origin: str, version: int = VERSION) -> None:
    """Make the schema and an empty ledger, whole or not at all. Raises DataDirectoryError if there is one."""
    with translated("making the ledger"), closing(connect(url)) as connection, connection.transaction():
        connection.execute(_sql["lock_making"])
        if is_there(connection):
            raise DataDirectoryError(_REFUSALS[VERSION])
        encoding = connection.execute(_sql["encoding"]).fetchone()
        if encoding != ("UTF8",):
            raise StoreFailed(f"the database keeps texts as {encoding and encoding[0]}: make one with ENCODING 'UTF8'")
        connection.execute(_sql["schema"])
        _index_texts(connection)
        connection.execute(_sql["begin_ledger"], {"version": version, "origin": origin})


def look_at(url: str, versions: Sequence[int] = (VERSION,)) -> Ledger:
    """The ledger of a database, if it is of these versions.

    Raises DataDirectoryError, StoreUnreadable, StoreFailed, and SettingError where the database is not fit for one.
    """
    with translated("opening the ledger"), closing(connect(url)) as connection:
        if not is_there(connection):
            raise DataDirectoryError(
                "there is no ledger in the database: run `affidavit store init`, or `affidavit serve`"
            )
        row = connection.execute(_sql["ledger"]).fetchone()
        if row is None:
            raise StoreUnreadable("the ledger in the database has lost its name: bring it back from a backup")
        version, origin = row
        if version not in versions:
            if version in _REFUSALS:
                raise DataDirectoryError(_REFUSALS[version])
            raise StoreUnreadable(
                f"the ledger in the database has schema version {version}, this program knows {VERSION}: use the "
                "Affidavit that it belongs to"
            )
        _refuse_unfit(connection)
        distributed = connection.execute(_sql["is_distributed"]).fetchone()
        return Ledger(origin, bool(distributed and distributed[0]))


def is_there(connection: Connection) -> bool:
    found = connection.execute(_sql["is_there"]).fetchone()
    return found is not None and bool(found[0])


def _refuse_unfit(connection: Connection) -> None:
    for name, setting, needed in connection.execute(_sql["unfit"]).fetchall():
        raise SettingError(
            f"the database has {name} = {setting!r}, and a ledger needs {needed!r}: as its owner run "
            f"ALTER ROLE {connection.info.user} SET {name} = {needed!r}, or change it where it is set"
        )
    for (schema,) in connection.execute(_sql["open_to_others"]).fetchall():
        raise SettingError(
            f"whoever may connect to the database may put functions into its schema {schema} that this role would run: "
            f"as its owner run REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC"
        )


def _index_texts(connection: Connection) -> None:
    """Where the database has no trigrams, texts are looked through one by one."""
    try:
        with connection.transaction():
            connection.execute(_sql["trigrams"])
    except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege):
        pass
