"""PostgreSQL for tests, on loopback. `tests/conftest.py` has one cluster for a whole run, and databases in it.

Tests that stop, kill or replicate a cluster make their own.
"""

from __future__ import annotations

from typing import Any, Self

import psycopg
from psycopg import sql

from tests.postmaster import SECONDS, USER, Postmaster

SMALL = {"shared_buffers": "16MB", "max_connections": "200", "max_wal_senders": "4"}
FAST = {"fsync": "off", "full_page_writes": "off"}
"""Killed processes lose nothing by it; only a crash of the machine would."""


class Cluster(Postmaster):
    """A PostgreSQL server that trusts everybody here. It runs from when it is made, and is gone when it is closed."""

    def __init__(self, *, fsync: bool = False, primary: Cluster | None = None, name: str = "", **settings: str) -> None:
        """`settings`: more of PostgreSQL's. With a primary: a copy of it, which follows it under this name."""
        super().__init__()
        self.fsync = fsync
        self._settings = SMALL | ({} if fsync else FAST) | settings
        if primary:
            source = f"{primary.url()}?application_name={name}"
            self.run("pg_basebackup", "-D", self.data, "-d", source, "-R", "-c", "fast", "--no-sync")
        else:
            trusting = ("-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "--no-sync", "--no-instructions")
            self.run("initdb", "-D", self.data, *trusting)
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """After a stop or a kill, where it was. Returns when it answers."""
        self.launch(self._settings)
        self.wait_for(self._answers)

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()

    def url(self, database: str = "postgres") -> str:
        """What a client connects to."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def ask(self, query: str | sql.Composed, *values: Any, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of one statement, outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=SECONDS) as connection:
            cursor = connection.execute(query, values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def configure(self, setting: str, value: str) -> None:
        """Change a setting while it runs."""
        self.ask(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(setting), sql.Literal(value)))
        self.ask("SELECT pg_reload_conf()")

    def create_database(self, name: str, template: str = "template1") -> str:
        """A new database, a copy of another that nobody uses. Returns its URL."""
        self.ask(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """With whoever is still connected to it."""
        self.ask(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def terminate_backends(self, database: str | None = None) -> int:
        """Cut the connections of all clients, or of one database's. Returns how many there were."""
        ended = self.ask(
            "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() AND datname = coalesce(%s, datname)",
            SECONDS * 1000,
            database,
        )
        return len(ended)

    def standby(self, name: str = "standby") -> Cluster:
        """Another that follows this one. From now on nothing is committed here before it is written there, too.

        Where the standby goes away, commits here wait, until `configure("synchronous_standby_names", "")`.
        """
        standby = Cluster(fsync=self.fsync, primary=self, name=name)
        self.configure("synchronous_standby_names", name)
        state = "SELECT sync_state FROM pg_stat_replication WHERE application_name = %s"
        self.wait_for(lambda: self.ask(state, name) == [("sync",)])
        return standby

    def promote(self) -> None:
        """Make a standby a primary: it follows nobody any more, and takes writes."""
        assert self.ask("SELECT pg_promote(true, %s)", SECONDS) == [(True,)], "the standby was not promoted"

    def _answers(self) -> bool:
        try:
            return self.ask("SHOW data_directory") == [(str(self.data),)]
        except psycopg.OperationalError:
            return False
