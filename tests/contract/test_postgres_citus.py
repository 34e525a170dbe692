"""What a ledger asks of Citus, which cannot be installed here: stubs record it, and its rules are looked for.

None of this has run on a real Citus.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from affidavit.storage.postgres import PostgresStore, create, distribute
from affidavit.storage.postgres.statements import statements
from tests.contract.recording import ORIGIN, SEARCHABLE, Recording, draft
from tests.invoking import invoke

STUBS = """
CREATE TABLE told (number int GENERATED ALWAYS AS IDENTITY, what text, subject text, by text, beside text);
CREATE FUNCTION create_distributed_table(t regclass, c text, colocate_with text DEFAULT 'default') RETURNS void
    LANGUAGE sql AS 'INSERT INTO told (what, subject, by, beside) VALUES (''table'', t::text, c, colocate_with)';
CREATE FUNCTION create_reference_table(t regclass) RETURNS void
    LANGUAGE sql AS 'INSERT INTO told (what, subject) VALUES (''reference'', t::text)';
CREATE FUNCTION create_distributed_function(f regprocedure) RETURNS void
    LANGUAGE sql AS 'INSERT INTO told (what, subject) VALUES (''function'', f::text)';
"""
ONE_BY_ONE = """
CREATE TABLE pg_dist_partition ();
INSERT INTO pg_extension VALUES (1, 'citus', 10, 2200, true, '13.0', NULL, NULL);
CREATE FUNCTION refuse_many() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM moved) > 1 THEN
        RAISE 'this statement would go to many shards';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refuse_many AFTER UPDATE ON affidavit.chains REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_many();
"""
SPREAD = {"chains", "entries", "erasing", "runs", "texts"}
EVERYWHERE = {"holds", "marks"}
UNIQUE = """
SELECT c.relname, array_agg(a.attname::text ORDER BY k.place) FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (number, place)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
WHERE i.indisunique AND c.relnamespace = 'affidavit'::regnamespace GROUP BY i.indexrelid, c.relname
"""
BETWEEN = """
SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
WHERE contype IN ('f', 'x') AND connamespace = 'affidavit'::regnamespace
"""
NUMBERED = """
SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE c.relnamespace = 'affidavit'::regnamespace AND a.attnum > 0
    AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval%')
"""
FORBIDDEN = re.compile(r"advisory|\bLISTEN\b|\bNOTIFY\b|nextval|\bTEMP(ORARY)?\b|\bSAVEPOINT\b|\bDEFERR", re.IGNORECASE)


@pytest.fixture
def stubbed(database: str) -> str:
    """A database that takes itself for the coordinator of a Citus cluster."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(STUBS)
    return database


def test_what_is_told_to_citus(stubbed: str, tmp_path: Path) -> None:
    """By the command; and the ledger is as any other."""
    made = invoke("store", "init", "--data", tmp_path / "data", "--store", stubbed, "--distribute", "citus")
    assert made.code == 0, made.stderr
    with psycopg.connect(stubbed) as connection:
        told = connection.execute("SELECT what, subject, by, beside FROM told ORDER BY number").fetchall()
    assert told[0] == ("table", "affidavit.chains", "chain", "none"), "what the others lie beside is first"
    assert {row[1] for row in told if row[0] == "table"} == {f"affidavit.{name}" for name in SPREAD}
    assert {row[2:] for row in told[1:] if row[0] == "table"} == {("chain", "affidavit.chains")}
    assert {row[1] for row in told if row[0] == "reference"} == {f"affidavit.{name}" for name in EVERYWHERE}
    assert [row[1] for row in told if row[0] == "function"] == ["affidavit.lowered(bytea)"]
    assert invoke("verify", tmp_path / "data").code == 0


def test_without_citus_nothing_is_made(database: str, tmp_path: Path) -> None:
    refused = invoke("store", "init", "--data", tmp_path / "data", "--store", database, "--distribute", "citus")
    assert refused.code == 2
    assert "the database has no Citus: add citus to shared_preload_libraries" in refused.stderr
    assert not (tmp_path / "data").exists()
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT to_regnamespace('affidavit')").fetchone() == (None,)


def test_a_shard_is_found_by_every_key_of_its_tables(database: str) -> None:
    """Each key that is to be unique begins with the chain; nothing refers to another shard, or is numbered."""
    create(database, ORIGIN)
    with psycopg.connect(database) as connection:
        keys = connection.execute(UNIQUE).fetchall()
        between = connection.execute(BETWEEN).fetchall()
        numbered = {table for table, _ in connection.execute(NUMBERED)}
    found = [(table, columns[0]) for table, columns in keys if table in SPREAD]
    assert sorted(found) == [(table, "chain") for table in sorted(SPREAD)]
    assert between == [("affidavit.keys", "affidavit.workspaces")], "which stay on the coordinator, both"
    assert numbered == {"keys", "workspaces"}


def test_whatever_a_commit_does_every_node_can(database: str) -> None:
    """Nor does giving positions: no lock, number, notice or table of one session or node."""
    create(database, ORIGIN)
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT prosrc FROM pg_proc WHERE pronamespace = 'affidavit'::regnamespace AND proname = 'place'"
        )
        (place,) = [source for (source,) in rows]
    written = {**statements("append.sql"), "place": place}
    assert "INSERT INTO affidavit.runs" in place
    assert {name: found.group() for name, text in written.items() if (found := FORBIDDEN.search(text))} == {}


def test_of_chains_that_are_spread_one_is_locked_at_a_time(stubbed: str) -> None:
    """Citus refuses FOR UPDATE across shards: of tables that are spread only the statements for one chain have it."""
    locking = [
        name
        for name, text in statements("append.sql").items()
        if "FOR UPDATE" in text and any(f"affidavit.{table}" in text for table in SPREAD)
    ]
    assert sorted(locking) == ["lock_chain", "lock_chains"]
    create(stubbed, ORIGIN)
    distribute(stubbed)
    with psycopg.connect(stubbed, autocommit=True) as connection:
        connection.execute(ONE_BY_ONE)
    with closing(PostgresStore.open(stubbed, searchable=SEARCHABLE)) as store:
        recording = Recording(store)
        for _ in range(2):
            recording.record([draft(chain=chain) for chain in ("one", "two", "three")])
        assert [chain.head.seq for chain in store.census()[1]] == [2, 2, 2]
