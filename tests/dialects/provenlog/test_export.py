"""GET /v1/merkle/root and GET /v1/export: what they say can be verified by whoever has nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from affidavit.core.instants import micros_text
from affidavit.core.merkle import EMPTY_ROOT, root_of, verify_inclusion
from affidavit.dialects.provenlog import export as exporting
from tests.dialects.provenlog.conftest import NOON, Client


def verify(export: dict[str, Any]) -> list[str]:
    """Check an export as an outsider does, with nothing but what is in it. Returns the events' ids."""
    assert list(export) == [
        "version", "exported_at", "filter", "merkle_root", "tree_size", "events", "merkle_proofs",
    ]  # fmt: skip
    assert [proof["event_id"] for proof in export["merkle_proofs"]] == [event["id"] for event in export["events"]]
    for event, shown in zip(export["events"], export["merkle_proofs"], strict=True):
        assert list(shown) == ["event_id", "proof"]
        proof = shown["proof"]
        assert list(proof) == ["leaf_hash", "leaf_index", "siblings", "tree_size"]
        assert proof["leaf_hash"] == event["hash"]
        assert proof["tree_size"] == export["tree_size"]
        siblings = [bytes.fromhex(sibling) for sibling in proof["siblings"]]
        leaf, root = bytes.fromhex(proof["leaf_hash"]), bytes.fromhex(export["merkle_root"])
        assert verify_inclusion(leaf, proof["leaf_index"], proof["tree_size"], siblings, root)
    return [event["id"] for event in export["events"]]


@pytest.fixture
def filled(client: Client) -> Client:
    """Six events of two agents; what they say of their times runs backwards."""
    events = [{"agent_id": "ab"[n % 2], "n": n, "timestamp": f"2026-02-{20 - n}T12:00:00Z"} for n in range(6)]
    assert client.post("/v1/batch", events)[0] == 201
    return client


def test_the_root_of_nothing(client: Client) -> None:
    assert client.get("/v1/merkle/root") == (200, {"root": EMPTY_ROOT.hex(), "tree_size": 0})


def test_the_root_is_over_every_event_in_the_order_recorded(client: Client) -> None:
    hashes = []
    for turn in range(5):
        _, results = client.post("/v1/batch", [{"agent_id": f"agent {turn}"}, {"agent_id": "same"}])
        hashes += [bytes.fromhex(result["event"]["hash"]) for result in results]
        assert client.get("/v1/merkle/root") == (200, {"root": root_of(hashes).hex(), "tree_size": len(hashes)})


def test_the_root_is_the_ledgers_own(tenant: Callable[[str], Client]) -> None:
    """One tree for all: what a workspace proves will fit what the ledger signs."""
    ours, theirs = tenant("ours"), tenant("theirs")
    for client in (ours, theirs, ours):
        client.post("/v1/events", {"agent_id": "a"})
    assert ours.get("/v1/merkle/root") == theirs.get("/v1/merkle/root")
    assert ours.get("/v1/merkle/root")[1]["tree_size"] == 3


@pytest.mark.parametrize(
    ("query", "expected", "shown"),
    [
        ({}, [0, 1, 2, 3, 4, 5], {}),
        ({"agent_id": "a"}, [0, 2, 4], {"agent_id": "a"}),
        ({"agent_id": "nobody"}, [], {"agent_id": "nobody"}),
        ({"since": "2026-02-18"}, [0, 1, 2], {"since": "2026-02-18"}),
        ({"until": "2026-02-16T12:00:00Z"}, [4, 5], {"until": "2026-02-16T12:00:00Z"}),
        (
            {"agent_id": "b", "since": "2026-02-16", "until": "2026-02-18"},
            [3],
            {"agent_id": "b", "since": "2026-02-16", "until": "2026-02-18"},
        ),
        (
            {"agent_id": "", "since": "", "until": "", "limit": "1", "offset": "x", "action_type": "NONE"},
            [*range(6)],
            {},
        ),
    ],
)
def test_what_is_exported(filled: Client, query: dict[str, str], expected: list[int], shown: dict[str, str]) -> None:
    status, export = filled.get("/v1/export", query)
    assert status == 200
    verify(export)
    assert [event["n"] for event in export["events"]] == expected
    assert [proof["proof"]["leaf_index"] for proof in export["merkle_proofs"]] == expected
    assert export["filter"] == {"agent_id": None, "since": None, "until": None} | shown
    assert export["version"] == "1.0"
    assert export["exported_at"] == micros_text(NOON)
    _, root = filled.get("/v1/merkle/root")
    assert root == {"root": export["merkle_root"], "tree_size": export["tree_size"]}
    assert all(event == filled.get(f"/v1/events/{event['id']}")[1] for event in export["events"])


def test_an_export_of_nothing(client: Client) -> None:
    status, export = client.get("/v1/export")
    assert (status, verify(export)) == (200, [])
    assert (export["tree_size"], export["merkle_root"]) == (0, EMPTY_ROOT.hex())


def test_more_events_than_a_read_and_a_tile_hold(client: Client) -> None:
    client.post("/v1/batch", [{"agent_id": "ab"[n % 2]} for n in range(1_300)])
    _, export = client.get("/v1/export", {"agent_id": "b"})
    assert len(verify(export)) == 650
    assert [event["sequence"] for event in export["events"]] == list(range(1, 651))


def test_a_workspace_exports_its_own(tenant: Callable[[str], Client]) -> None:
    ours, theirs = tenant("ours"), tenant("theirs")
    for turn in range(4):
        (ours if turn % 2 else theirs).post("/v1/events", {"agent_id": "a", "metadata": {"turn": turn}})
    _, export = ours.get("/v1/export")
    assert [event["metadata"]["turn"] for event in export["events"]] == [1, 3]
    assert [proof["proof"]["leaf_index"] for proof in export["merkle_proofs"]] == [1, 3]
    assert len(verify(export)) == 2
    assert export["tree_size"] == 4


@pytest.mark.parametrize(("name", "value"), [("since", "yesterday"), ("until", "2026-02-30")])
def test_a_bad_parameter_is_named(filled: Client, name: str, value: str) -> None:
    status, answer = filled.get("/v1/export", {name: value})
    assert status == 400
    assert answer["error"].startswith(f"{name} must be ")


def test_too_much_is_refused_and_never_cut(filled: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _, whole = filled.get("/v1/export")
    monkeypatch.setattr(exporting, "MAX_EXPORT_EVENTS", 5)
    status, answer = filled.get("/v1/export")
    assert (status, answer["error"].partition(":")[0]) == (400, "an export holds at most 5 events and 32 MiB of them")
    assert filled.get("/v1/export", {"agent_id": "a"})[0] == 200
    monkeypatch.setattr(exporting, "MAX_EXPORT_EVENTS", 6)
    assert filled.get("/v1/export") == (200, whole)
    monkeypatch.setattr(exporting, "MAX_EXPORT_BYTES", 1_000)
    assert filled.get("/v1/export")[0] == 400
