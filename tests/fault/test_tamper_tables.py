"""Whole rows are changed with SQL, as somebody would who has the file and knows its schema."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest

from tests.fault.conftest import CHAINS, REQUESTS
from tests.invoking import invoke
from tests.vendors import VENDORS

ENTRIES = REQUESTS * CHAINS * len(VENDORS)
LAST = ENTRIES - 1
COPY = (
    "INSERT INTO entries SELECT {position}, chain, {seq}, at, randomblob(16), by, dialect, prev, hash, commitment, "
    "salt, payload, workspace, agent, session, type, severity, time FROM entries WHERE position = {of}"
)


class Attack(NamedTuple):
    """`sql` is done to the ledger. A problem must have `code`, at `position` and in the chain of entry `chain_of`."""

    sql: str
    code: str
    position: int | None = None
    chain_of: int | None = None


def _swap(columns: str, one: int, other: int) -> str:
    assignments = ", ".join(
        f"{column} = (SELECT k.{column} FROM kept k WHERE k.position = {one} + {other} - entries.position)"
        for column in columns.split()
    )
    return (
        "CREATE TEMP TABLE kept AS SELECT * FROM entries;"
        f"UPDATE entries SET {assignments} WHERE position IN ({one}, {other})"
    )


def _of_chain(position: int) -> str:
    return f"chain = (SELECT chain FROM entries WHERE position = {position})"


ATTACKS = {
    # Entries 4, 7 and 10 follow one another in one chain; 5 is in another.
    "delete the first": Attack("DELETE FROM entries WHERE position = 0", "position-gap", 1),
    "delete one in the middle": Attack("DELETE FROM entries WHERE position = 4", "sequence-gap", 7, chain_of=7),
    "delete the last": Attack(f"DELETE FROM entries WHERE position = {LAST}", "head-mismatch", chain_of=LAST),
    "delete all": Attack("DELETE FROM entries", "head-mismatch"),
    "delete a chain's head": Attack(f"DELETE FROM chains WHERE {_of_chain(4)}", "head-mismatch", chain_of=4),
    "delete a whole chain's entries": Attack(f"DELETE FROM entries WHERE {_of_chain(4)}", "head-mismatch", chain_of=4),
    "set a head back": Attack(
        f"UPDATE chains SET seq = 2, hash = (SELECT hash FROM entries WHERE position = 7) WHERE {_of_chain(4)}",
        "head-mismatch", chain_of=4,
    ),
    "another head hash": Attack(
        f"UPDATE chains SET hash = zeroblob(32) WHERE {_of_chain(4)}", "head-mismatch", chain_of=4
    ),
    "another head time": Attack(f"UPDATE chains SET at = at + 1 WHERE {_of_chain(4)}", "head-mismatch", chain_of=4),
    "another chain key": Attack(
        f"UPDATE chain_keys SET key = 'x' WHERE number = (SELECT key FROM chains WHERE {_of_chain(4)})",
        "chain-mismatch", chain_of=4,
    ),
    "no chain key": Attack(
        f"DELETE FROM chain_keys WHERE number = (SELECT key FROM chains WHERE {_of_chain(4)})",
        "chain-mismatch", chain_of=4,
    ),
    "another chain's dialect": Attack(
        f"UPDATE chains SET dialect = 'provenlog' WHERE {_of_chain(4)}", "chain-mismatch", chain_of=4
    ),
    "another chain's workspace": Attack(
        f"UPDATE chains SET workspace = 2 WHERE {_of_chain(4)}", "chain-mismatch", chain_of=4
    ),
    "invent a chain": Attack(
        "INSERT INTO chains SELECT zeroblob(16), workspace, dialect, key, seq, hash, at, erased FROM chains LIMIT 1",
        "head-mismatch",
    ),
    "swap payloads": Attack(_swap("payload", 4, 7), "payload-mismatch", 7, chain_of=7),
    "swap payloads and salts": Attack(_swap("payload salt", 4, 7), "payload-mismatch", 4, chain_of=4),
    "swap payloads, salts and commitments": Attack(_swap("payload salt commitment", 4, 7), "hash-mismatch", 7),
    "swap rows of a chain": Attack(
        "UPDATE entries SET position = -1 WHERE position = 4; UPDATE entries SET position = 4 WHERE position = 7;"
        "UPDATE entries SET position = 7 WHERE position = -1", "sequence-gap", 4, chain_of=7,
    ),
    "swap rows of two chains": Attack(
        "UPDATE entries SET position = -1 WHERE position = 4; UPDATE entries SET position = 4 WHERE position = 5;"
        "UPDATE entries SET position = 5 WHERE position = -1", "index-mismatch", 4,
    ),
    "renumber": Attack("UPDATE entries SET position = 1000 + position WHERE position > 20", "position-gap", 1021),
    "invent an entry": Attack(
        COPY.format(position=ENTRIES + 1, seq="seq + 1", of=LAST), "hash-mismatch", ENTRIES + 1
    ),
    "double an entry": Attack(
        COPY.format(position=ENTRIES + 1, seq="seq", of=4), "sequence-gap", ENTRIES + 1, chain_of=4
    ),
    "hide an entry in front of all": Attack(
        COPY.format(position=-1, seq="seq", of=4), "index-mismatch"
    ),
    "set seq": Attack("UPDATE entries SET seq = seq + 1 WHERE position = 4", "sequence-gap", 4),
    "backdate": Attack("UPDATE entries SET at = 1 WHERE position = 7", "time-backwards", 7, chain_of=7),
    "set time": Attack("UPDATE entries SET time = time + 1 WHERE position = 4", "projection-mismatch", 4, chain_of=4),
    "set workspace": Attack("UPDATE entries SET workspace = 9 WHERE position = 4", "chain-mismatch", 4, chain_of=4),
    "move to another chain": Attack(
        "UPDATE entries SET chain = (SELECT chain FROM entries WHERE position = 5) WHERE position = 4",
        "hash-mismatch", 4,
    ),
    "take the severity away": Attack(
        "UPDATE entries SET severity = NULL WHERE position = 4", "projection-mismatch", 4, chain_of=4
    ),
    "give away to another agent": Attack(
        "UPDATE entries SET agent = 'other' WHERE position = 4", "projection-mismatch", 4, chain_of=4
    ),
    "shorten the salt": Attack(
        "UPDATE entries SET payload = CAST(substr(salt, 9) || payload AS BLOB), salt = substr(salt, 1, 8)"
        "WHERE position = 4",
        "payload-mismatch", 4, chain_of=4,
    ),
    "another workspace's salt": Attack("UPDATE workspaces SET salt = zeroblob(16)", "chain-mismatch", 0, chain_of=0),
    "forget the workspace": Attack("DELETE FROM workspaces", "chain-mismatch", 0, chain_of=0),
    "rename the ledger": Attack("UPDATE ledger SET origin = 'example.com/other'", "link-broken", 0, chain_of=0),
}  # fmt: skip

INDEX_ATTACKS = {
    "posting of another type": "UPDATE postings SET type = type + 1 WHERE position = 4",
    "posting at another time": "UPDATE postings SET time = time + 1 WHERE position = 4",
    "delete postings": "DELETE FROM postings WHERE position = 4",
    "delete a link": "DELETE FROM links WHERE position = 4",
    "link to another entry": "UPDATE links SET position = 5 WHERE position = 4",
    "another name": "UPDATE facets SET name = 'other' WHERE name = 'agentlens-1'",
    "another workspace": "UPDATE facets SET workspace = 2 WHERE name = 'agentlens-1'",
    "invent a posting": "INSERT INTO postings SELECT facet, time + 1, position, type, severity FROM postings LIMIT 1",
    "invent a link": "INSERT INTO links SELECT chain, seq + 100, position FROM links LIMIT 1",
}
SCHEMA_ATTACKS = {
    "a trigger": "CREATE TRIGGER forget AFTER INSERT ON entries BEGIN DELETE FROM chains; END",
    "an index gone": "DROP INDEX entries_by_id",
    "a view in a table's place": "ALTER TABLE entries RENAME TO others; CREATE VIEW entries AS SELECT * FROM others",
    "a newer version": "PRAGMA user_version = 1000",
    "another program's": "PRAGMA application_id = 1",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_ledger(healthy: Path, tampered: Path, name: str) -> None:
    """Each is found where it is; the ledger is proven before, and again once its file is brought back."""
    attack = ATTACKS[name]
    chain = _chain(tampered, attack.chain_of)
    assert invoke("verify", "--data", tampered).code == 0
    _change(tampered / "ledger.sqlite", attack.sql)
    problems = _problems(tampered)
    assert any(
        problem["code"] == attack.code
        and (attack.position is None or problem["position"] == attack.position)
        and (chain is None or problem["chain"] == chain)
        for problem in problems
    ), problems
    shutil.copy(healthy / "ledger.sqlite", tampered / "ledger.sqlite")
    assert invoke("verify", "--data", tampered).code == 0


@pytest.mark.parametrize("sql", INDEX_ATTACKS.values(), ids=INDEX_ATTACKS)
def test_index(tampered: Path, sql: str) -> None:
    """What answers queries says something else than the entries. Without the file, the ledger is proven."""
    _change(tampered / "index.sqlite", sql)
    assert {problem["code"] for problem in _problems(tampered)} == {"index-mismatch"}
    (tampered / "index.sqlite").unlink()
    assert invoke("verify", "--data", tampered).code == 0


@pytest.mark.parametrize("sql", SCHEMA_ATTACKS.values(), ids=SCHEMA_ATTACKS)
def test_schema(tampered: Path, sql: str) -> None:
    """A file that is not built as ours is not read any further."""
    _change(tampered / "ledger.sqlite", sql)
    outcome = invoke("verify", "--data", tampered, "--json")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("affidavit: ")


def _change(file: Path, sql: str) -> None:
    with closing(apsw.Connection(str(file))) as connection:
        connection.execute(sql)


def _problems(data: Path) -> list[dict[str, Any]]:
    outcome = invoke("verify", "--data", data, "--json")
    assert outcome.code == 1, outcome
    report = json.loads(outcome.stdout)
    assert report["status"] == "broken"
    return list(report["problems"])


def _chain(data: Path, position: int | None) -> str | None:
    with closing(apsw.Connection(str(data / "ledger.sqlite"))) as connection:
        chain: bytes | None = connection.execute("SELECT chain FROM entries WHERE position = ?", (position,)).get
    return None if chain is None else chain.hex()
