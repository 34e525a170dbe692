"""PostgreSQL stores for the contract: databases that are made once, and emptied when a test has done with them."""

from __future__ import annotations

import uuid

import psycopg

from affidavit.storage.postgres import PostgresStore, create
from tests.contract.recording import ORIGIN, SEARCHABLE
from tests.postgres import Cluster

CONNECTIONS = 3
_EMPTY = """
TRUNCATE affidavit.entries, affidavit.chains, affidavit.arrivals, affidavit.runs, affidavit.repeats, affidavit.texts,
    affidavit.checkpoints, affidavit.tiles, affidavit.cosignatures, affidavit.timestamps, affidavit.holds,
    affidavit.erasing, affidavit.workspaces, affidavit.keys RESTART IDENTITY;
UPDATE affidavit.ledger SET size = 0;
UPDATE affidavit.marks SET searched = 0;
UPDATE affidavit.sealer SET holder = '', epoch = 0, until = '-infinity';
"""


def empty(url: str) -> None:
    """Take everything out of a ledger but its name."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_EMPTY)


class Databases:
    """Those of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._idle: list[str] = []

    def store(self) -> PostgresStore:
        """An empty store, as a server opens it."""
        return _Store(self, self._idle.pop() if self._idle else self._made())

    def _made(self) -> str:
        url = self._cluster.create_database(f"contract_{uuid.uuid4().hex}")
        create(url, ORIGIN)
        return url

    def give_back(self, url: str) -> None:
        """Whoever used it has closed it."""
        empty(url)
        self._idle.append(url)


class _Store(PostgresStore):
    def __init__(self, databases: Databases, url: str) -> None:
        super().__init__(url, SEARCHABLE, CONNECTIONS, "")
        self._databases = databases
        self._url = url

    def close(self) -> None:
        super().close()
        self._databases.give_back(self._url)
