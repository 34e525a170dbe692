"""Copies of a ledger, made, cut short, refused, and compared with what they are of."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from affidavit.storage.postgres.target import PostgresTarget
from affidavit.wiring.copying import copy_ledger
from affidavit.wiring.ledger import Ledger, open_store
from affidavit.wiring.place import STORE_FILE, Place
from tests import tables
from tests.cli.conftest import post
from tests.cutting import Died, dies
from tests.invoking import invoke
from tests.running import start

EVENT = {"agent_id": "agent", "session_id": "session", "action_type": "TOOL_CALL", "duration_ms": 1.5}
GROUNDS = ("--reason", "asked for it", "--authority", "case 7")
QUIET = {"AFFIDAVIT_HEADS_SECONDS": "86400"}
KEYED = {"Idempotency-Key": "once and no more"}
SECONDS = 30
TABLES = {
    "cosignatures": "SELECT size, name, line, at FROM affidavit.cosignatures ORDER BY size, name",
    "timestamps": "SELECT size, token FROM affidavit.timestamps ORDER BY size",
    "repeats": "SELECT key, request, at FROM affidavit.repeats ORDER BY key",
    "tiles": "SELECT level, number, hashes FROM affidavit.tiles ORDER BY level, number",
    "keys": "SELECT number, id FROM affidavit.keys ORDER BY number",
}
"""What no store reads as it lies there."""


def order(data: Path, command: str, *arguments: str) -> None:
    """`erase`, `hold`, ..., with grounds."""
    outcome = invoke(command, *arguments, *GROUNDS, "--data", data)
    assert outcome.code == 0, outcome


def go_on(data: Path, agent: str = "agent") -> None:
    """Serve what a directory has, or notes, for one more event."""
    running = start(data, environment=QUIET)
    try:
        post(running, "provenlog", "/v1/events", EVENT | {"agent_id": agent})
    finally:
        running.stop()


def copied(old: str | Path, database: str, *options: str | Path) -> dict[str, Any]:
    """What a copy that is done answers for machines."""
    outcome = invoke("store", "copy", old, database, *options, "--json")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    report: dict[str, Any] = json.loads(outcome.stdout)
    assert (report["status"], report["store"]) == ("copied", database)
    return report


def refused(*arguments: str | Path) -> str:
    """What is said on stderr where nothing is done."""
    outcome = invoke("store", "copy", *arguments)
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    return outcome.stderr


def everything(store: Ledger) -> dict[str, Any]:
    """All that a store reads."""
    size, chains = store.census()
    tenants = store.workspaces()
    return {
        "origin": store.origin,
        "entries": [entry for start in range(0, size, 200) for entry in store.scan(start, 200)],
        "chains": chains,
        "listed": {
            (tenant.id, dialect): store.chains(tenant.id, dialect)
            for tenant in tenants
            for dialect in ("provenlog", "agentlens")
        },
        "checkpoints": store.checkpoints(0, 1_000),
        "holds": store.holds(),
        "workspaces": tenants,
        "keys": store.keys(),
        "roll": store.roll(),
    }


def assert_same(old: Path, new: Path) -> None:
    """The file in the one directory and the database that the other notes have the same ledger, all of it."""
    url = (new / STORE_FILE).read_text().strip()
    with (
        closing(open_store(Place(old), exclusive=False)) as before,
        closing(open_store(Place(new, url), exclusive=False)) as after,
    ):
        assert everything(after) == everything(before)
        keys = [key for (key,) in tables.ask(new, "SELECT key FROM affidavit.repeats")]
        assert keys
        assert [after.repeated(key) for key in keys] == [before.repeated(key) for key in keys]
    with closing(apsw.Connection(":memory:")) as file:
        file.execute("ATTACH ? AS affidavit", [str(old / "ledger.sqlite")])
        for name, query in TABLES.items():
            assert list(tables.ask(new, query)) == list(file.execute(query)), name
    assert tables.ask(new, "SELECT count(*) FROM affidavit.arrivals") == [(0,)]
    assert tables.ask(new, "SELECT max(position + size) FROM affidavit.runs") == tables.ask(
        new, "SELECT size FROM affidavit.ledger"
    )


def begun(source: Place, target: Place, step: str) -> None:
    """A copy that died before a step of the target."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PostgresTarget, step, dies)
        with pytest.raises(Died):
            copy_ledger(source, target, lambda done, size: None)


def closed(command: str, data: Path, database: str) -> str:
    """What a command says of a database that holds no ledger yet that could be opened."""
    outcome = invoke(command, "--data", data, "--store", database)
    assert outcome.code == 2, outcome
    return outcome.stderr
