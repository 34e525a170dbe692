"""The reader: isolation, and what verification of a chain finds and remembers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from affidavit.core.entry import Entry, chain_id
from affidavit.core.verify import Tip
from affidavit.errors import StoreUnreadable
from affidavit.ledger.reader import BLOCK_ENTRIES, Reader, VerifiedChains
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Draft, Projection, Submission, Workspace
from affidavit.model.query import Chain, Head, Query
from affidavit.storage.memory import MemoryStore
from tests.committing import commit

ORIGIN = "test.example/ledger"
ALICE, BOB = Workspace(1, "alice", b"a" * 16), Workspace(2, "bob", b"b" * 16)
DIALECT = "provenlog"


class Tampered(MemoryStore):
    """A store whose file somebody edits: entries come out as `edits` say, heads as `heads_set` says."""

    def __init__(self) -> None:
        super().__init__()
        self.edits: dict[int, dict[str, Any] | None] = {}
        self.heads_set: dict[bytes, Head] = {}
        self.unreadable: int | None = None
        self.read: list[int] = []

    def scan_chain(self, chain: bytes, after_seq: int, limit: int) -> list[Entry]:
        """The entries as edited: changed, or left out where the edit is None. `read` notes what was asked for."""
        found = []
        for entry in super().scan_chain(chain, after_seq, limit):
            edit = self.edits.get(entry.seq, {})
            if entry.seq == self.unreadable:
                raise StoreUnreadable("not a row")
            self.read.append(entry.seq)
            if edit is not None:
                found.append(msgspec.structs.replace(entry, **edit))
        return found

    def heads(self, chains: Sequence[bytes]) -> dict[bytes, Head]:
        """The heads as edited."""
        return {**super().heads(chains), **{c: h for c, h in self.heads_set.items() if c in chains}}

    def chains(self, workspace: int, dialect: str) -> list[Chain]:
        """The chains with their heads as edited."""
        return [
            Chain(chain.id, chain.key, self.heads_set.get(chain.id, chain.head))
            for chain in super().chains(workspace, dialect)
        ]


class Ledger:
    """A ledger that tests append to and look at."""

    def __init__(self) -> None:
        self.store = Tampered()
        self.verified = VerifiedChains(ORIGIN)
        self.sequencer = Sequencer(self.store, ORIGIN, entropy=os.urandom)

    def append(
        self, count: int, *, key: str = "agent", workspace: Workspace = ALICE, dialect: str = DIALECT
    ) -> list[Entry]:
        """`count` more entries of a chain."""
        projection = Projection(key, key, None, "CUSTOM", None, None)
        drafts = [Draft(b'{"n":%d}' % n, projection) for n in range(count)]
        return commit(self.sequencer, Submission(workspace, dialect, "key_1", 1_000_000, drafts))

    def reader(self, workspace: Workspace = ALICE) -> Reader:
        """A new reader; what was verified is shared."""
        return Reader(self.store, workspace, self.verified)

    def overview(self) -> list[tuple[bool, int | None, str]]:
        """What the overview says of each of Alice's chains."""
        reports = [report for _, report in self.reader().verify_chains(DIALECT)]
        return [(report.valid, report.broken_seq, report.reason) for report in reports]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


SOUND = (True, None, "")


def test_an_entry_is_seen_in_its_workspace_and_dialect_only(ledger: Ledger) -> None:
    (entry,) = ledger.append(1)
    assert ledger.reader().entry(DIALECT, entry.id) == entry
    assert ledger.reader(BOB).entry(DIALECT, entry.id) is None
    assert ledger.reader().entry("agentlens", entry.id) is None
    assert ledger.reader().entry(DIALECT, b"\0" * 16) is None


def test_workspaces_with_the_same_chain_keys_stay_apart(ledger: Ledger) -> None:
    ledger.append(2)
    ledger.append(3, workspace=BOB)
    ledger.append(4, dialect="agentlens")
    for workspace, count in ((ALICE, 2), (BOB, 3)):
        reader = ledger.reader(workspace)
        assert reader.workspace == workspace
        assert reader.find(Query(DIALECT)).total == count
        assert [(chain.key, chain.head.seq) for chain in reader.chains(DIALECT)] == [("agent", count)]
        assert reader.verify_chain(DIALECT, "agent").entries == count
        assert [report.entries for _, report in reader.verify_chains(DIALECT)] == [count]


def test_a_chain_without_entries_is_valid(ledger: Ledger) -> None:
    report = ledger.reader().verify_chain(DIALECT, "nobody")
    assert (report.valid, report.entries) == (True, 0)
    assert ledger.overview() == []


def test_the_store_is_touched(ledger: Ledger) -> None:
    assert ledger.reader().ping() >= 0


FAULTS: list[tuple[dict[str, Any] | None, str]] = [
    ({"payload": b"{}"}, "payload-mismatch"),
    ({"salt": b"s" * 16}, "payload-mismatch"),
    ({"commitment": b"c" * 32}, "hash-mismatch"),
    ({"hash": b"h" * 32}, "hash-mismatch"),
    ({"prev": b"p" * 32}, "hash-mismatch"),
    ({"at": 0}, "hash-mismatch"),
    ({"by": "other"}, "hash-mismatch"),
    ({"id": b"i" * 16}, "hash-mismatch"),
    (None, "sequence-gap"),
]


@pytest.mark.parametrize(("edit", "code"), FAULTS)
@pytest.mark.parametrize("seq", [1, BLOCK_ENTRIES, BLOCK_ENTRIES + 1])
def test_the_first_changed_entry_is_found(ledger: Ledger, edit: dict[str, Any] | None, code: str, seq: int) -> None:
    ledger.append(BLOCK_ENTRIES * 2)
    ledger.store.edits[seq] = edit
    report = ledger.reader().verify_chain(DIALECT, "agent")
    assert (report.valid, report.entries, report.broken_seq, report.reason) == (False, seq - 1, seq, code)
    assert ledger.overview() == [(False, seq, code)]


def test_an_entry_that_cannot_be_read_is_found(ledger: Ledger) -> None:
    ledger.append(BLOCK_ENTRIES + 9)
    ledger.store.unreadable = BLOCK_ENTRIES + 5
    assert ledger.overview() == [(False, BLOCK_ENTRIES + 5, "row-unreadable")]


def test_a_chain_of_another_ledger_is_found(ledger: Ledger) -> None:
    ledger.append(2)
    ledger.verified = VerifiedChains("elsewhere.example")
    assert ledger.overview() == [(False, 1, "link-broken")]


@pytest.mark.parametrize("already_verified", [True, False])
def test_a_cut_end_and_a_false_head_are_found(ledger: Ledger, already_verified: bool) -> None:
    entries = ledger.append(5)
    chain = entries[0].chain
    if already_verified:
        assert ledger.overview() == [SOUND]
    for head, broken_at in (
        (Head(6, b"x" * 32, entries[4].at), 6),
        (Head(5, b"x" * 32, entries[4].at), 5),
        (Head(4, entries[3].hash, entries[3].at), 5),
    ):
        ledger.store.heads_set = {chain: head}
        assert ledger.overview() == [(False, broken_at, "head-mismatch")]
        report = ledger.reader().verify_chain(DIALECT, "agent")
        assert (report.broken_seq, report.reason) == (broken_at, "head-mismatch")


def test_a_chain_under_a_false_key_is_found(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,) = ledger.append(1)
    listed = Chain(entry.chain, "somebody else", Head(1, entry.hash, entry.at))
    monkeypatch.setattr(ledger.store, "chains", lambda *_: [listed])
    assert ledger.overview() == [(False, 1, "chain-mismatch")]


def test_what_was_verified_is_not_read_again(ledger: Ledger) -> None:
    ledger.append(100)
    assert ledger.overview() == [SOUND]
    ledger.store.read.clear()
    assert ledger.overview() == [SOUND]
    assert ledger.store.read == []
    ledger.append(3)
    assert ledger.overview() == [SOUND]
    assert ledger.store.read == [101, 102, 103]


def test_a_chain_asked_for_by_name_is_read_whole(ledger: Ledger) -> None:
    ledger.append(100)
    assert ledger.overview() == [SOUND]
    ledger.store.edits[7] = {"payload": b"{}"}
    assert ledger.overview() == [SOUND]
    assert ledger.reader().verify_chain(DIALECT, "agent").broken_seq == 7
    assert ledger.overview() == [(False, 7, "payload-mismatch")]  # nothing is taken for verified any more


def test_a_broken_chain_is_read_again_until_it_holds(ledger: Ledger) -> None:
    ledger.append(5)
    ledger.store.edits[5] = {"payload": b"{}"}
    assert ledger.overview() == ledger.overview() == [(False, 5, "payload-mismatch")]
    ledger.store.edits.clear()
    assert ledger.overview() == [SOUND]


def test_growth_on_an_exchanged_past_is_found_where_it_begins(ledger: Ledger) -> None:
    entries = ledger.append(5)
    assert ledger.overview() == [SOUND]
    ledger.store.edits = {3: {"hash": b"x" * 32}, 6: {"prev": b"y" * 32}}
    ledger.append(1)
    assert ledger.overview() == [(False, 3, "hash-mismatch")]
    assert ledger.verified.tip(entries[0].chain) is None


def test_a_head_that_went_back_starts_over(ledger: Ledger) -> None:
    entries = ledger.append(5)
    assert ledger.overview() == [SOUND]
    ledger.store.edits = {4: None, 5: None}
    ledger.store.heads_set = {entries[0].chain: Head(3, entries[2].hash, entries[2].at)}
    ledger.store.read.clear()
    assert ledger.overview() == [SOUND]
    assert ledger.store.read[:3] == [1, 2, 3]
    tip = ledger.verified.tip(entries[0].chain)
    assert tip is not None
    assert tip.seq == 3


def test_entries_that_come_while_a_chain_is_verified_do_not_break_it(ledger: Ledger) -> None:
    ledger.append(3)
    chain = ledger.reader().chains(DIALECT)[0].id
    old = ledger.store.heads([chain])[chain]
    ledger.append(4)
    answers = iter([{chain: old}])
    now = ledger.store.heads
    ledger.store.heads = lambda chains: next(answers, None) or now(chains)  # type: ignore[method-assign]
    report = ledger.reader().verify_chain(DIALECT, "agent")
    assert (report.valid, report.entries) == (True, 3)


def test_many_threads_make_one_walk(ledger: Ledger) -> None:
    ledger.append(1_000)
    with ThreadPoolExecutor(8) as threads:
        reports = [future.result() for future in [threads.submit(ledger.overview) for _ in range(8)]]
    assert reports == [[SOUND]] * 8
    assert len(ledger.store.read) == 1_000


def test_the_memory_of_verified_chains_is_bounded() -> None:
    verified = VerifiedChains(ORIGIN, limit=3)
    chains = [chain_id(ALICE.salt, DIALECT, str(n)) for n in range(5)]
    for seq, chain in enumerate(chains):
        verified.keep(chain, Tip(seq, b"h" * 32, b"h" * 32, 0))
    kept = [chain for chain in chains if verified.tip(chain)]
    assert kept == [chains[0], chains[1], chains[4]]
    verified.keep(chains[0], Tip(9, b"h" * 32, b"h" * 32, 0))
    assert [chain for chain in chains if verified.tip(chain)] == kept
    verified.forget(chains[0])
    assert verified.tip(chains[0]) is None


def test_a_chain_that_another_thread_verified_further_is_not_read_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.append(3)
    listed = ledger.reader().chains(DIALECT)
    ledger.append(4)
    assert ledger.overview() == [SOUND]
    ledger.store.read.clear()
    monkeypatch.setattr(ledger.store, "chains", lambda *_: listed)
    assert ledger.overview() == [SOUND]
    assert ledger.store.read == []
