"""Roles with the least that each needs: a server, who erases, who reads. And what is left where none may vacuum."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import errors

from affidavit.core.tiles import TILE_WIDTH
from affidavit.storage.postgres import PostgresStore
from affidavit.wiring.database import KEY_FILES
from tests.cli.conftest import agentlens_event, post
from tests.cli.program import affidavit
from tests.postgres import Cluster
from tests.postmaster import USER
from tests.running import Running, start
from tests.vendors import bearer

EVENT = {"agent_id": "agent", "session_id": "session", "action_type": "TOOL_CALL"}
GROUNDS = ("--reason", "test", "--authority", "us")
KINDS = ("writer", "eraser", "reader")


@pytest.fixture(scope="module")
def url(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ledger with its roles, and somebody who logs in as each: `test_writer` and so on."""
    made = cluster.create_database("roles")
    data = tmp_path_factory.mktemp("roles") / "owner"
    affidavit("store", "init", "--data", data, "--store", made)
    granted = json.loads(affidavit("store", "roles", "ours", "--data", data, "--json").stdout)
    assert granted == {kind: f"ours_{kind}" for kind in KINDS}
    for kind in KINDS:
        cluster.ask(f"CREATE ROLE test_{kind} LOGIN IN ROLE ours_{kind}")
    yield made
    cluster.drop_database("roles")
    for kind in reversed(KINDS):
        cluster.ask(f"DROP ROLE test_{kind}, ours_{kind}")


@pytest.fixture(scope="module")
def owner(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of whoever made the ledger."""
    return next(tmp_path_factory.getbasetemp().glob("roles*")) / "owner"


def of(kind: str, url: str) -> str:
    """The same database, for who has logged in as one of the roles."""
    return url.replace(f"{USER}@", f"test_{kind}@")


@pytest.fixture(scope="module")
def server(owner: Path, url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of the role that writes, with a text in it that a search finds."""
    data = tmp_path_factory.mktemp("writer") / "data"
    data.mkdir(mode=0o700)
    for name in KEY_FILES:
        shutil.copy(owner / name, data)
    running = start(data, "--store", of("writer", url))
    try:
        yield running
    finally:
        running.kill()


def test_a_server_that_writes_does_a_days_work(server: Running) -> None:
    """Records, reads, searches, seals, makes keys and tenants and revokes them, holds: none of it needs more."""
    made = post(server, "provenlog", "/v1/events", EVENT | {"input": {"text": "a needle in it"}})
    token = bearer(server.key("provenlog"))
    again = {"Idempotency-Key": "once"} | token
    sent = [httpx.post(f"{server.base_url}/v1/events", json=EVENT, headers=again) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json()["id"] == sent[1].json()["id"]
    post(server, "provenlog", "/v1/events", EVENT | {"session_id": "held", "agent_id": "held"})
    found = httpx.get(f"{server.base_url}/v1/events?agent_id=agent", headers=token)
    assert made["id"] in found.text
    searched = httpx.get(f"{server.base_url}/v1/affidavit/entries?q=needle", headers=bearer(server.key("affidavit")))
    assert searched.status_code == 200, searched.text
    post(server, "agentlens", "/api/events", {"events": [agentlens_event("agent")] * TILE_WIDTH})
    sealed = httpx.post(f"{server.base_url}/v1/affidavit/seal", headers=bearer(server.key("affidavit", ["seal"])))
    assert sealed.status_code == 200, sealed.text
    key = server.new_key("pecta")
    affidavit("key", "rotate-secret", key["id"], "--data", server.data)
    affidavit("key", "revoke", key["id"], "--data", server.data)
    affidavit("workspace", "create", "tenant", "--data", server.data)
    affidavit("hold", "--session", "held", *GROUNDS, "--data", server.data)
    assert affidavit("verify", "--data", server.data).stdout.startswith("Proven: ")
    assert '"error"' not in server.log.read_text()


def test_it_keeps_what_others_say_of_a_checkpoint(url: str) -> None:
    """And what they say after that."""
    with closing(PostgresStore.open(of("writer", url), searchable={})) as store:
        for said in ("first\n", "second\n"):
            store.add_cosignature(1, "witness.example", said, 1)
            store.add_timestamp(1, said.encode())
        assert (store.cosignatures(1), store.timestamp(1)) == (["second\n"], b"second\n")


def test_what_writes_cannot_erase(server: Running, url: str, owner: Path) -> None:
    """It is told so, by the command and over HTTP, and nothing has changed; who may erase then does."""
    identity = post(server, "provenlog", "/v1/events", EVENT | {"agent_id": "erased"})["id"]
    refused = affidavit("erase", identity, *GROUNDS, "--data", server.data, code=2).stderr
    assert "the database role of this process may not do this" in refused
    order = httpx.post(
        f"{server.base_url}/v1/affidavit/erase",
        json={"entries": [identity], "reason": "test", "authority": "us"},
        headers=bearer(server.key("affidavit", ["erase"])),
    )
    assert order.status_code == 403
    assert "the database role of this process may not do this" in order.text
    assert "again" not in order.text
    shown = json.loads(affidavit("show", identity, "--data", server.data, "--json").stdout)
    assert "erased" not in shown
    left = affidavit("erase", identity, *GROUNDS, "--data", server.data, "--store", of("eraser", url), code=1)
    assert "Erased 1 entries" in left.stdout
    assert "older versions of 1 entries' rows are left in tables until they are vacuumed, which only" in left.stderr
    assert json.loads(affidavit("show", identity, "--data", server.data, "--json").stdout)["erased"] is True
    assert affidavit("erase", "--data", owner).stdout == "Nothing was to be erased.\n"
    assert affidavit("verify", "--data", server.data).stdout.startswith("Proven: ")


def test_who_reads_may_show_and_verify(server: Running, url: str, tmp_path: Path) -> None:
    """Also while something has no position yet, which only a writer gives."""
    post(server, "provenlog", "/v1/events", EVENT)
    for command in (("verify",), ("tail", "--no-follow"), ("show", "0")):
        affidavit(*command, "--data", server.data, "--store", of("reader", url))
    refused = affidavit("key", "list", "--data", server.data, "--store", of("reader", url), code=2).stderr
    assert "permission denied for table keys" in refused


FOR_NOBODY = [  # but the first, which is what who erases is for
    "UPDATE affidavit.entries SET payload = ''",
    "UPDATE affidavit.entries SET hash = ''",
    "DELETE FROM affidavit.entries",
    "TRUNCATE affidavit.entries",
    "ALTER TABLE affidavit.entries ADD COLUMN more int",
    "DROP TABLE affidavit.entries",
    "UPDATE affidavit.runs SET position = 0",
    "DELETE FROM affidavit.runs",
    "UPDATE affidavit.checkpoints SET root = ''",
    "DELETE FROM affidavit.checkpoints",
    "DELETE FROM affidavit.tiles",
    "DELETE FROM affidavit.chains",
    "UPDATE affidavit.chains SET workspace = 1",
    "UPDATE affidavit.ledger SET origin = 'other'",
    "UPDATE affidavit.workspaces SET salt = ''",
    "DELETE FROM affidavit.keys",
    "UPDATE affidavit.keys SET scopes = '{}'",
    "CREATE TABLE affidavit.more ()",
    "CREATE OR REPLACE FUNCTION affidavit.place() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
    "CREATE RULE more AS ON INSERT TO affidavit.entries DO INSTEAD NOTHING",
    "SET ROLE postgres",
]
MORE = {
    "writer": ["DELETE FROM affidavit.holds", "INSERT INTO affidavit.erasing (chain, seq) VALUES ('', 1)"],
    "eraser": ["DELETE FROM affidavit.runs WHERE false", "UPDATE affidavit.entries SET seq = 1"],
    "reader": [
        "INSERT INTO affidavit.arrivals VALUES ('', '{}', '{}', '{}', '{}')",
        "UPDATE affidavit.ledger SET size = 0",
        "SELECT * FROM affidavit.keys",
        "SELECT * FROM affidavit.repeats",
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_else_they_try(url: str, kind: str) -> None:
    with psycopg.connect(of(kind, url)) as connection:
        for statement in FOR_NOBODY[kind == "eraser" :] + MORE[kind]:
            with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)


def test_every_table_was_thought_of(url: str, cluster: Cluster) -> None:
    """One that is new is in sql/roles.sql, or here because nobody who only reads is to see it."""
    tables = "SELECT relname FROM pg_class WHERE relnamespace = 'affidavit'::regnamespace AND relkind IN ('r', 'v')"
    unread = cluster.ask(f"{tables} AND NOT has_table_privilege('ours_reader', oid, 'SELECT')", database="roles")
    assert {name for (name,) in unread} == {"erasing", "keys", "repeats", "sealer"}
    assert cluster.ask(f"{tables} AND NOT has_table_privilege('ours_writer', oid, 'SELECT')", database="roles") == []


def test_granting_again_takes_away_what_is_not_needed(url: str, owner: Path, cluster: Cluster) -> None:
    cluster.ask("GRANT DELETE ON affidavit.entries TO ours_writer", database="roles")
    affidavit("store", "roles", "ours", "--data", owner)
    assert cluster.ask(
        "SELECT has_table_privilege('ours_writer', 'affidavit.entries', 'DELETE')", database="roles"
    ) == [(False,)]


def test_roles_that_cannot_be_made_or_taken(url: str, owner: Path, cluster: Cluster, database: str) -> None:
    """Each in a sentence that says what to do."""
    assert "run `affidavit store init` first" in affidavit("store", "roles", "ours", "--store", database, code=2).stderr
    assert "begins no names of roles" in affidavit("store", "roles", "x" * 60, "--data", owner, code=2).stderr
    cluster.ask("CREATE ROLE theirs_writer LOGIN")
    cluster.ask("CREATE ROLE test_maker LOGIN IN ROLE ours_reader")
    try:
        refused = affidavit("store", "roles", "theirs", "--data", owner, code=2).stderr
        assert "there is a role theirs_writer already that logs in" in refused
        refused = affidavit("store", "roles", "new", "--data", owner, "--store", of("maker", url), code=2).stderr
        assert (
            "CREATE ROLE new_writer NOLOGIN; CREATE ROLE new_eraser NOLOGIN; CREATE ROLE new_reader NOLOGIN;" in refused
        )
    finally:
        cluster.ask("DROP ROLE theirs_writer, test_maker")
