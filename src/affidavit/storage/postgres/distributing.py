"""A ledger that is spread over the nodes of a Citus cluster."""

from __future__ import annotations

from contextlib import closing

from affidavit.errors import SettingError
from affidavit.storage.postgres.connecting import Connection, connect
from affidavit.storage.postgres.failures import translated
from affidavit.storage.postgres.statements import statements

_sql = statements("citus.sql")


def refuse_without_citus(url: str) -> None:
    """Raises SettingError where the database has no Citus, StoreFailed where it does not answer."""
    with translated("looking for Citus"), closing(connect(url)) as connection:
        _refuse(connection)


def distribute(url: str) -> None:
    """Spread a ledger by chain, whole or not at all. Before it is served. Raises SettingError, StoreFailed."""
    with translated("spreading the ledger"), closing(connect(url)) as connection, connection.transaction():
        _refuse(connection)
        connection.execute(_sql["distribute"])


def _refuse(connection: Connection) -> None:
    found = connection.execute(_sql["has_citus"]).fetchone()
    if found is None or not found[0]:
        raise SettingError(
            "the database has no Citus: add citus to shared_preload_libraries, run CREATE EXTENSION citus in this "
            "database on the coordinator and on every worker, and add the workers; or leave --distribute away"
        )
