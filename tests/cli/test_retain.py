"""Retention over entries of different ages: by the command, and by the server's setting."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from affidavit.core.instants import DAY
from affidavit.dialects.agentlens.translate import drafts_of
from affidavit.dialects.provenlog.translate import accept
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Submission
from affidavit.wiring.directory import initialise
from affidavit.wiring.ledger import DEFAULT_WORKSPACE, open_store, workspace_named
from affidavit.wiring.place import place_in
from tests.cli.program import affidavit
from tests.committing import commit
from tests.contract.erasing import left_in
from tests.invoking import invoke
from tests.running import start

GROUNDS = ("--reason", "policy 3", "--authority", "records office")
SECONDS = 30


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six entries: of 500, 400 and 1 days ago, two APIs each."""
    directory = tmp_path / "data"
    initialise(place_in(directory))
    now = time.time_ns() // 1000
    with closing(open_store(place_in(directory), exclusive=True)) as store:
        workspace = workspace_named(store, DEFAULT_WORKSPACE)
        sequencer = Sequencer(store, store.origin, entropy=os.urandom)
        for days in (500, 400, 1):
            proven = accept({"agent_id": f"agent-{days}", "action_name": f"said-{days}"}).draft
            event = {"sessionId": f"session-{days}", "agentId": f"agent-{days}", "eventType": "session_started"}
            lens = drafts_of([event])
            for dialect, drafts in (("provenlog", [proven]), ("agentlens", lens)):
                commit(sequencer, Submission(workspace, dialect, "key_1", now - days * DAY, drafts))
        while store.index(1000):
            pass
    return directory


def erased(data: Path) -> list[int]:
    """The positions of what is erased."""
    lines = affidavit("tail", "--no-follow", "-n", "100", "--json", "--data", data).stdout.splitlines()
    return [entry["position"] for entry in map(json.loads, lines) if entry.get("erased")]


def retain(data: Path, *arguments: str) -> Any:
    """What the command says."""
    outcome = invoke("retain", *arguments, *GROUNDS, "--data", data, "--json")
    assert outcome.code == 0, outcome.stderr
    return json.loads(outcome.stdout)


def test_what_is_older_goes(data: Path) -> None:
    report = retain(data, "--older-than", "450d")
    assert (report["erased"], len(report["erasures"])) == (2, 1)
    assert erased(data) == [0, 1]
    assert retain(data, "--older-than", "450d") == {"erased": 0, "erasures": []}
    assert retain(data, "--older-than", "399d", "--dialect", "agentlens")["erased"] == 1
    assert erased(data) == [0, 1, 3]
    assert invoke("workspace", "create", "other", "--data", data).code == 0
    assert retain(data, "--older-than", "10d", "--workspace", "other")["erased"] == 0
    assert retain(data, "--older-than", "10d", "--workspace", DEFAULT_WORKSPACE)["erased"] == 1
    assert erased(data) == [0, 1, 2, 3]
    assert left_in(data, [b"said-400", b"agent-500", b"session-400"]) == []
    assert {text for _, text in left_in(data, [b"said-1", b"session-1"])} == {b"said-1", b"session-1"}
    assert affidavit("verify", "--data", data).returncode == 0


def test_what_is_held_stays(data: Path) -> None:
    assert invoke("hold", "--agent", "agent-500", *GROUNDS, "--data", data).code == 0
    assert retain(data, "--older-than", "10d")["erased"] == 2
    assert erased(data) == [2, 3]
    assert invoke("release", "--agent", "agent-500", *GROUNDS, "--data", data).code == 0
    assert retain(data, "--older-than", "10d")["erased"] == 2
    assert erased(data) == [0, 1, 2, 3]


def test_the_server_does_it_by_itself(data: Path) -> None:
    server = start(data, environment={"AFFIDAVIT_RETENTION_DAYS": "10"})
    try:
        deadline = time.monotonic() + SECONDS
        while left_in(data, [b"said-400", b"agent-500", b"session-400"]):
            assert time.monotonic() < deadline, "the server does not erase"
            time.sleep(0.1)
    finally:
        assert server.stop() == 0
    assert erased(data) == [0, 1, 2, 3]
    assert affidavit("verify", "--data", data).returncode == 0
    says = next(
        entry
        for entry in map(
            json.loads, affidavit("tail", "--no-follow", "-n", "100", "--json", "--data", data).stdout.splitlines()
        )
        if entry["type"] == "erasure"
    )
    assert says["payload"]["reason"] == "retention: received more than 10 days ago"
