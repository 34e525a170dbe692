"""Erase and hold, in every store: what is gone, what stays, what is refused."""

from __future__ import annotations

import pytest

from affidavit.core.entry import entry_hash
from affidavit.errors import ChainHeld, KeyReused, Unavailable
from affidavit.model.draft import Effect, Once, Submission
from affidavit.model.query import Query
from tests.committing import commit
from tests.contract.erasing import clean, decree, erase
from tests.contract.recording import AT, Recording, draft, index_fully, placed


def test_the_header_stays_and_all_else_goes(recording: Recording) -> None:
    before = recording.record([draft({"text": "secret"}, time=AT - 5), draft({"text": "kept"})], at=AT)
    assert not any(entry.erased for entry in before)
    erase(recording, before[:1])
    gone, kept, _ = recording.store.scan(0, 9)
    assert kept == before[1]
    assert gone.erased
    assert (gone.header, gone.hash, gone.chain, gone.workspace) == (
        before[0].header, before[0].hash, before[0].chain, before[0].workspace,
    )  # fmt: skip
    assert entry_hash(gone.header) == gone.hash
    assert (gone.salt, gone.payload, gone.agent, gone.session, gone.type, gone.severity, gone.time) == (
        b"", b"", None, None, "", None, gone.at,
    )  # fmt: skip
    assert recording.store.entry(gone.id) == recording.store.entry_at(0) == gone


@pytest.mark.parametrize("indexed", [False, True], ids=["before the index", "after the index"])
def test_every_way_to_it(recording: Recording, indexed: bool) -> None:
    """Found by what its header says, and by nothing else; totals stay right."""
    store, workspace = recording.store, recording.workspace.id
    drafts = [draft({"text": f"zebra {n}"}, agent=f"agent {n}", session="s", severity="warn") for n in range(4)]
    entries = recording.record(drafts)
    if indexed:
        index_fully(store)
    erase(recording, entries[1:3])
    for _ in range(2):
        clean(store)
        everything = store.find(workspace, Query("agentlens"))
        assert everything.total == 4
        assert {entry.position for entry in everything.entries} == {0, 1, 2, 3}
        assert store.find(workspace, Query("agentlens", agent="agent 1")).total == 0
        assert store.find(workspace, Query("agentlens", session="s")).total == 2
        assert store.find(workspace, Query("agentlens", text="zebra 2")).total == 0
        assert store.find(workspace, Query("agentlens", text="zebra")).total == 2
        assert store.find(workspace, Query("agentlens", severities=("warn",))).total == 2
        assert store.find(workspace, Query("agentlens", types=("note",))).total == 2
        assert [group.name for group in store.groups(workspace, "agentlens", "agent", None, None)] == [
            "agent 0", "agent 3",
        ]  # fmt: skip
        assert store.scan_agent(workspace, "agentlens", "agent 1", -1, 9) == []
        assert [entry.position for entry in store.scan_chain(entries[0].chain, 0, 9)] == [0, 1, 2, 3]
        assert list(store.audit()) == []
        index_fully(store)


def test_a_chain_loses_its_key_with_its_last_entry(recording: Recording) -> None:
    store, workspace = recording.store, recording.workspace.id
    entries = recording.record([draft(1), draft(2), draft(3, session="other")])
    erase(recording, entries[:1])
    assert [(chain.key, chain.gone) for chain in store.chains(workspace, "agentlens")] == [
        ("other", False), ("session", False),
    ]  # fmt: skip
    erase(recording, entries[1:2])
    chains = {chain.id: chain for chain in store.chains(workspace, "agentlens")}
    assert (chains[entries[0].chain].key, chains[entries[0].chain].gone) == ("", True)
    assert (chains[entries[2].chain].key, chains[entries[2].chain].gone) == ("other", False)
    assert store.heads([entries[0].chain])[entries[0].chain].seq == 2
    found = store.chain(workspace, entries[0].chain)
    assert found is not None
    assert found[1].gone


def test_a_chain_that_goes_on_has_its_key_again(recording: Recording) -> None:
    entries = recording.record([draft(1), draft(2, session="other")])
    erase(recording, entries)
    (again,) = recording.record([draft(3)], at=AT + 1)
    assert again.seq == 2
    chains = recording.store.chains(recording.workspace.id, "agentlens")
    assert [(chain.key, chain.gone) for chain in chains] == [("", True), ("session", False)]
    erase(recording, [again])
    assert {chain.key for chain in recording.store.chains(recording.workspace.id, "agentlens")} == {""}


def test_what_is_not_there_or_erased_already_is_refused_whole(recording: Recording) -> None:
    entries = recording.record([draft(1), draft(2)])
    erase(recording, entries[:1])
    for wrong in ((entries[1].id, b"\0" * 16), (entries[1].id, entries[0].id)):
        with pytest.raises(Unavailable):
            decree(recording, Effect(erase=wrong))
        assert recording.store.size() == 3
        assert not recording.store.scan(1, 1)[0].erased
    recording.record([draft(3)], at=AT + 1)
    assert recording.store.size() == 4, "what comes after a refusal is recorded"


def test_a_held_chain(recording: Recording) -> None:
    store = recording.store
    entries = recording.record([draft(1), draft(2, session="other")])
    assert store.holds() == {}
    hold = decree(recording, Effect(hold=(entries[0].chain,)))
    again = decree(recording, Effect(hold=(entries[0].chain,)))
    assert store.holds() == {entries[0].chain: hold.position}, "the first that says so counts"
    with pytest.raises(ChainHeld, match="under legal hold by the entry"):
        erase(recording, entries)
    assert store.size() == again.position + 1
    assert not any(entry.erased for entry in store.scan(0, 9))
    erase(recording, entries[1:])
    decree(recording, Effect(release=(entries[0].chain,)))
    assert store.holds() == {}
    erase(recording, entries[:1])
    assert store.scan(0, 1)[0].erased


def test_a_repeated_request_is_not_answered_with_what_is_gone(recording: Recording) -> None:
    """Nor recorded anew: its client was told that it is recorded once."""
    submissions = [
        Submission(
            recording.workspace, "agentlens", "key_1", AT, [draft(n), draft(n)], Once(bytes([n]) * 32, b"r" * 32)
        )
        for n in range(2)
    ]
    entries = [placed(recording.store, commit(recording.sequencer, submission)) for submission in submissions]
    erase(recording, entries[0][1:])
    with pytest.raises(KeyReused, match="erased"):
        commit(recording.sequencer, submissions[0])
    assert commit(recording.sequencer, submissions[1]) == entries[1]
    clean(recording.store)
    with pytest.raises(KeyReused, match="erased"):
        commit(recording.sequencer, submissions[0])
    assert recording.store.repeats([b"\0" * 32], 0)[b"\0" * 32] == b""


def test_nothing_to_clean(recording: Recording) -> None:
    clean(recording.store)
    recording.record([draft(1)])
    clean(recording.store)
