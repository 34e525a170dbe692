"""Connections: what every one of ours is asked for, whatever the URL says besides.

Transactions are begun and ended by statements of ours, nothing is prepared, and no setting outlives a transaction: a
pool between us and the database (PgBouncer in transaction mode) may hand each transaction to another session.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from affidavit.errors import SettingError
from affidavit.storage.postgres.pipelining import PipeliningConnection

CONNECT_SECONDS: Final = 5
"""How long one host has to answer."""
POOL_WAIT_SECONDS: Final = 10.0
"""How long a read waits for a connection."""
RECONNECT_SECONDS: Final = 2.0
"""How long the pauses between two tries to connect become longer, the first of which is one second."""
_DEFAULTS: Final[dict[str, str | int]] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms: a host that is gone is found out, even in the midst of an answer
    "application_name": "affidavit",
    "client_encoding": "UTF8",
}
"""Unless the URL says otherwise."""

Connection = psycopg.Connection[tuple[Any, ...]]


def conninfo(url: str) -> str:
    """What libpq is given for a URL. Raises SettingError where it is none."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # its words have what stands in the URL, a password perhaps
        raise SettingError("store is no URL of PostgreSQL: write postgresql://USER@HOST:PORT/DATABASE") from None
    return make_conninfo(url, **{name: value for name, value in _DEFAULTS.items() if name not in given})


def connect(url: str) -> Connection:
    """A connection. Raises psycopg.OperationalError."""
    return PipeliningConnection.connect(conninfo(url), autocommit=True, prepare_threshold=None)


def pool(url: str, connections: int, name: str) -> ConnectionPool[Connection]:
    """At most so many connections, each looked at before it is used; opened when they are needed.

    Where one is found broken, all that rest are let go of: whoever ended it ended them too, and they would be found out
    one by one, with a pause between them. Where none can be made, another try begins at once, with pauses that are
    short again: the longer a database was away, the longer it would be until somebody looked.
    """

    def look_at(connection: Connection) -> None:
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.Error:
            made.drain()
            raise

    made = ConnectionPool(
        conninfo(url),
        kwargs={"autocommit": True, "prepare_threshold": None},
        min_size=0,
        max_size=connections,
        timeout=POOL_WAIT_SECONDS,
        reconnect_timeout=RECONNECT_SECONDS,
        reconnect_failed=ConnectionPool.check,
        check=look_at,
        name=name,
        open=True,
    )
    return made
