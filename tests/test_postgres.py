"""What tests on PostgreSQL rely on: the cluster does what it says, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres import Cluster
from tests.postmaster import MISSING, binaries

pytestmark = pytest.mark.skipif(binaries() is None, reason=MISSING)
ROOT = Path(__file__).parents[1]
MADE = "from tests.postgres import Cluster; c = Cluster(); print(c.directory, flush=True); input()"


@pytest.fixture
def own() -> Iterator[Cluster]:
    """A cluster that may be stopped."""
    with Cluster() as running:
        yield running


def test_a_database_is_empty_and_in_unicode(cluster: Cluster, database: str) -> None:
    with psycopg.connect(database) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        assert connection.execute(tables).fetchall() == [(0,)]
        assert connection.execute("SHOW server_encoding").fetchall() == [("UTF8",)]
        assert connection.execute("SHOW listen_addresses").fetchall() == [("127.0.0.1",)]


def test_connections_can_be_cut(cluster: Cluster, database: str) -> None:
    with psycopg.connect(database) as connection:
        assert cluster.terminate_backends(database.rpartition("/")[2]) == 1
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_what_is_committed_outlives_a_stop_and_a_kill(own: Cluster) -> None:
    own.ask("CREATE TABLE kept (n int)")
    own.restart()
    own.ask("INSERT INTO kept VALUES (1)")
    own.kill()
    with pytest.raises(psycopg.OperationalError):
        own.ask("SELECT 1")
    own.start()
    assert own.ask("SELECT n FROM kept") == [(1,)]


def test_a_standby_has_all_that_was_committed_and_takes_over(own: Cluster) -> None:
    with own.standby() as standby:
        own.ask("CREATE TABLE kept (n int)")
        own.kill()
        standby.promote()
        standby.ask("INSERT INTO kept VALUES (1)")
        assert standby.ask("SELECT n FROM kept") == [(1,)]


def test_killed_tests_leave_nothing(cluster: Cluster) -> None:
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", MADE], cwd=ROOT, **piped) as process:
        assert process.stdout
        directory = Path(process.stdout.readline().strip())
        assert (directory / "data" / "postmaster.pid").exists()
        process.kill()
    cluster.wait_for(lambda: not directory.exists())
