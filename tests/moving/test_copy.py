"""`affidavit store copy`: a ledger in PostgreSQL is the one that it was in its file, and its clients go on."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx

from affidavit.wiring.database import KEY_FILES
from affidavit.wiring.place import STORE_FILE
from tests import tables
from tests.cli.program import affidavit
from tests.invoking import invoke
from tests.moving.copies import EVENT, KEYED, QUIET, SECONDS, assert_same, copied, go_on, refused
from tests.running import PROGRAM, start
from tests.vendors import bearer


def test_everything_is_as_it_was(old: Path, database: str, tmp_path: Path) -> None:
    """Nothing is placed, sealed or recorded by it; the new directory has the keys, and what was signed last."""
    before = (old / "checkpoint").read_bytes()
    new = tmp_path / "new"
    report = copied(f"sqlite:{old}", database, "--data", new)
    assert (report["data"], report["problems"]) == (str(new), [])
    assert_same(old, new)
    assert {path.name for path in new.iterdir()} == {*KEY_FILES, "checkpoint", STORE_FILE}
    assert {path.stat().st_mode & 0o777 for path in new.iterdir()} == {0o600}
    assert [(new / name).read_bytes() for name in KEY_FILES] == [(old / name).read_bytes() for name in KEY_FILES]
    assert (new / "checkpoint").read_bytes() == before
    assert invoke("verify", "--data", new).code == 0


def test_what_people_are_told(old: Path, database: str) -> None:
    outcome = invoke("store", "copy", old, database.replace("@", ":hunter2@"))
    assert outcome.code == 0, outcome
    assert "hunter2" not in outcome.stdout + outcome.stderr + (old / STORE_FILE).read_text()
    assert f"into {database}, and verified it:\n" in outcome.stdout
    assert f"Next: affidavit serve --data {old}\n" in outcome.stdout


def test_clients_go_on(old: Path, database: str, told: dict[str, Any]) -> None:
    """Same keys, same answers to what came before, chains that continue; the directory is the database's now."""
    copied(old, database)
    running = start(old, environment=QUIET)
    try:
        assert f"ledger in {database}." in running.printed
        path = f"{running.base_url}/v1/events"
        again = httpx.post(path, json=EVENT, headers=bearer(told["token"]) | KEYED)
        assert (again.status_code, again.text) == (201, told["once"])
        made = httpx.post(path, json=EVENT, headers=bearer(told["token"])).json()
        assert made["prev_hash"] == json.loads(told["once"])["hash"]
        assert httpx.get(path, headers=bearer(told["revoked"])).status_code == 401
        theirs = httpx.get(path, headers=bearer(told["theirs"])).text
        assert "theirs" in theirs
        assert made["id"] not in theirs
        affidavit("workspace", "create", "another", "--data", old)
    finally:
        assert running.stop() == 0
    assert invoke("verify", "--data", old).code == 0
    numbers = tables.ask(old, "SELECT id FROM affidavit.workspaces ORDER BY id")
    assert numbers == [(1,), (2,), (3,), (4,)]


def test_evidence_from_before_and_after_is_of_one_ledger(
    old: Path, database: str, tmp_path: Path, source: Path
) -> None:
    """A bundle from before verifies as ever; one from after, with a checkpoint that somebody kept from before."""
    copied(old, database)
    go_on(old)
    key = json.loads(invoke("signer", "--data", source, "--json").stdout)["signer"]
    before, bundle = source.parent / "before.affidavit", tmp_path / "after.affidavit"
    assert invoke("verify", before, "--key", key).code == 0
    assert invoke("export", "--all", "--data", old, "-o", bundle).code == 0
    assert (old / "checkpoint").read_bytes() != (source / "checkpoint").read_bytes()
    shown = invoke("verify", bundle, "--key", key, "--checkpoint", source / "checkpoint", "--complete")
    assert shown.code == 0, shown


def test_the_old_file_is_never_served_again(old: Path, database: str) -> None:
    """Its directory has the signer: that is the database's now. Brought back, the file is an older copy."""
    copied(old, database)
    go_on(old)
    assert "older" in refused(f"sqlite:{old}", database)
    (old / STORE_FILE).unlink()
    assert "older copy" in affidavit("serve", "--data", old, "--port", "0", code=2).stderr


def test_a_progress_bar_for_who_watches(old: Path, database: str) -> None:
    """On a terminal; nowhere else."""
    leader, follower = os.openpty()
    process = subprocess.Popen([PROGRAM, "store", "copy", old, database], stderr=follower, stdout=subprocess.DEVNULL)
    os.close(follower)
    shown = b""
    while chunk := _read(leader):
        shown += chunk
    os.close(leader)
    assert process.wait(SECONDS) == 0
    assert b"copying" in shown
    assert b"100%" in shown


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # the other end is closed
        return b""
