"""Planning an erasure, and verifying what became of it: random ledgers, random erasures, and every lie about one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.core.erasures import named
from affidavit.core.ids import uuid_text
from affidavit.core.verify import Problem
from affidavit.errors import ChainHeld, InvalidBody, NotFound, Unavailable
from affidavit.ledger import erasure as module
from affidavit.ledger import holds
from affidavit.ledger.audit import audit
from affidavit.ledger.erasure import Grounds, erasure, plan
from affidavit.ledger.retention import Expired
from affidavit.model import own
from affidavit.model.draft import Effect, Projection
from tests.committing import commit
from tests.ledger.pipeline import ALICE, BOB, NOW, ORIGIN, Pipeline, projection

GROUNDS = Grounds("asked for it", "case 7")
SALTS = {ALICE.id: ALICE.salt, BOB.id: BOB.salt}


def project(dialect: str, payload: bytes) -> Projection:
    """Of these tests' events, and of the ledger's own."""
    value = canonical.parse(payload)
    return own.project(value) if dialect == own.DIALECT else projection(value["key"])


class Ledger(Pipeline):
    """A pipeline whose clients' events can be erased."""

    def record(self, *keys: str, at: int = NOW) -> list[Entry]:
        """An event for each chain key, in one request."""
        ticket = self.send(*keys, at=at)
        self.sequencer.turn()
        return ticket.result(0)

    def erase(self, entries: Sequence[Entry]) -> list[Entry]:
        """By the normal path. Returns the entries that say so."""
        planned = plan(self.store, [entry.id for entry in entries])
        return [commit(self.sequencer, erasure(portion, GROUNDS, NOW))[0] for portion in planned.portions]

    def put(self, entry: Entry) -> None:
        """Somebody edits the file."""
        self.store._entries[entry.position] = self.store._by_id[entry.id] = entry

    def problems(self) -> list[Problem]:
        """What `affidavit verify` says."""
        return audit(self.store, ORIGIN, SALTS, project).problems

    def codes(self) -> set[tuple[str, int | None]]:
        """What is wrong, and where."""
        return {(problem.code, problem.position) for problem in self.problems()}


@pytest.fixture
def ledger() -> Ledger:
    """Six entries in three chains."""
    made = Ledger()
    made.record("a", "b", "a", "c", "b", "a")
    return made


@settings(deadline=None)
@given(
    keys=st.lists(st.sampled_from("abcd"), min_size=1, max_size=20),
    erasures=st.lists(st.sets(st.integers(0, 25)), max_size=4),
)
def test_whatever_is_erased_the_rest_is_proven(keys: list[str], erasures: list[set[int]]) -> None:
    ledger = Ledger()
    for key in keys:
        ledger.record(key)
    before = ledger.entries()
    for positions in erasures:
        ledger.erase([entry for entry in before if entry.position in positions])
        ledger.record(keys[0])
    assert ledger.problems() == []
    gone = {position for positions in erasures for position in positions if position < len(keys)}
    assert {entry.position for entry in ledger.entries() if entry.erased} == gone
    assert [entry.header for entry in ledger.entries()[: len(keys)]] == [entry.header for entry in before]
    assert [e for e in ledger.entries()[: len(keys)] if not e.erased] == [e for e in before if e.position not in gone]


def test_a_plan(ledger: Ledger) -> None:
    entries = ledger.entries()
    assert plan(ledger.store, []) == module.Plan([], [])
    twice = [entries[4].id, entries[1].id, entries[4].id]
    assert plan(ledger.store, twice) == module.Plan([[entries[1], entries[4]]], [])
    ledger.erase([entries[1]])
    assert plan(ledger.store, twice) == module.Plan([[entries[4]]], [entries[1].id])
    assert plan(ledger.store, twice, ALICE).already == [entries[1].id]
    with pytest.raises(NotFound, match=f"{uuid_text(entries[1].id)}.*{uuid_text(entries[4].id)}"):
        plan(ledger.store, twice, BOB)
    unknown = [bytes([n]) * 16 for n in range(12)]
    with pytest.raises(NotFound, match=r"00000000-.* and 2 more: nothing was erased"):
        plan(ledger.store, [entries[0].id, *unknown])
    for workspace in (None, BOB):
        with pytest.raises(InvalidBody, match="own chain"):
            plan(ledger.store, [ledger.entries()[6].id], workspace)


def test_portions(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = ledger.entries()
    monkeypatch.setattr(module, "MAX_ENTRIES", 4)
    said = ledger.erase(entries)
    assert [canonical.parse(one.payload) for one in said] == [
        {"type": "erasure", "reason": "asked for it", "authority": "case 7", "entries": [uuid_text(e.id) for e in some]}
        for some in (entries[:4], entries[4:])
    ]
    assert ledger.problems() == []
    monkeypatch.setattr(module, "MAX_BYTES", 2 * len(entries[0].payload))
    assert [len(portion) for portion in module.portions(entries)] == [2, 2, 2]


@pytest.mark.parametrize("text", ["", " \n", "x" * 1001])
def test_no_grounds(ledger: Ledger, text: str) -> None:
    for grounds in (Grounds(text, "x"), Grounds("x", text)):
        with pytest.raises(InvalidBody, match="1 to 1,000 characters"):
            erasure(ledger.entries(), grounds, NOW)


def test_held(ledger: Ledger) -> None:
    entries = ledger.entries()
    chain = entries[0].chain
    for submission in holds.orders("hold", ledger.store, [chain, chain], GROUNDS, NOW):
        commit(ledger.sequencer, submission)
    assert ledger.store.holds() == {chain: 6}
    assert holds.orders("hold", ledger.store, [chain], GROUNDS, NOW) == []
    assert holds.orders("release", ledger.store, [entries[1].chain], GROUNDS, NOW) == []
    with pytest.raises(ChainHeld, match=f"{uuid_text(entries[0].id)}.*position 6"):
        plan(ledger.store, [entries[1].id, entries[0].id])
    with pytest.raises(NotFound, match="there is no chain"):
        holds.orders("hold", ledger.store, [chain, b"\0" * 16], GROUNDS, NOW)
    assert list(Expired(ledger.store).before(NOW + 1)) == [entries[1], entries[3], entries[4]]
    for submission in holds.orders("release", ledger.store, [chain], GROUNDS, NOW):
        commit(ledger.sequencer, submission)
    ledger.erase(entries)
    assert ledger.problems() == []


def test_a_hold_between_plan_and_commit(ledger: Ledger) -> None:
    """Whoever is first counts: the transaction looks again."""
    entries = ledger.entries()
    planned = plan(ledger.store, [entries[0].id])
    for submission in holds.orders("hold", ledger.store, [entries[0].chain], GROUNDS, NOW):
        commit(ledger.sequencer, submission)
    with pytest.raises(ChainHeld):
        commit(ledger.sequencer, erasure(planned.portions[0], GROUNDS, NOW))
    assert not ledger.entries()[0].erased
    assert ledger.problems() == []


def test_chains_with(ledger: Ledger) -> None:
    entries = ledger.entries()
    found = holds.chains_with(ledger.store, ALICE, ["agentlens", "provenlog"], agent="agent b", session=None)
    assert found == [entries[1].chain]
    assert holds.chains_with(ledger.store, BOB, ["agentlens"], agent="agent b", session=None) == []


def test_one_with_an_effect_is_alone_in_its_commit(ledger: Ledger) -> None:
    """If it is refused, nobody else is."""
    entries = ledger.entries()
    ledger.erase(entries[:1])
    refused: Future[list[Entry]] = Future()
    submission = replace(own.submission("erasure", GROUNDS.members(), NOW), effect=Effect(erase=(entries[0].id,)))
    before = ledger.send("a")
    ledger.sequencer.submit(submission, refused)
    after = ledger.send("a")
    ledger.sequencer.drain()
    with pytest.raises(Unavailable, match="erased meanwhile"):
        refused.result(0)
    assert [len(ticket.result(0)) for ticket in (before, after)] == [1, 1]
    assert ledger.problems() == []


def test_retention_stops_at_what_is_young(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affidavit.ledger.retention.BLOCK_ENTRIES", 2)
    old = ledger.entries()
    young = [entry for n in range(5) for entry in ledger.record("a", at=NOW + 100 + n)]
    expired = Expired(ledger.store, lambda entry: entry.position != 3)
    assert list(expired.before(NOW)) == []
    assert list(expired.before(NOW + 1)) == [old[n] for n in (0, 1, 2, 4, 5)]
    assert list(expired.before(NOW + 1)) == [old[n] for n in (0, 1, 2, 4, 5)], "they may not have come to be erased"
    ledger.erase(list(expired.before(NOW + 102)))
    assert list(expired.before(NOW + 102)) == []
    assert list(expired.before(NOW + 200)) == young[2:]
    assert ledger.problems() == []


def _blank(ledger: Ledger, entry: Entry) -> None:
    ledger.put(replace(entry, salt=b"", payload=b"", agent=None, session=None, type="", severity=None, time=entry.at))


def test_a_payload_silently_removed(ledger: Ledger) -> None:
    _blank(ledger, ledger.entries()[2])
    assert ledger.codes() == {("erasure-unauthorised", 2)}


@pytest.mark.parametrize("change", [{"salt": b""}, {"payload": b""}], ids=["salt", "payload"])
def test_half_of_it_removed(ledger: Ledger, change: dict[str, bytes]) -> None:
    ledger.put(replace(ledger.entries()[2], **change))
    assert ("payload-mismatch", 2) in ledger.codes()


def test_an_erasure_that_is_only_claimed(ledger: Ledger) -> None:
    claim = {**GROUNDS.members(), "entries": [uuid_text(ledger.entries()[2].id), uuid_text(b"\1" * 16)]}
    (said,) = commit(ledger.sequencer, own.submission("erasure", claim, NOW))
    assert ledger.codes() == {("erasure-hollow", 2), ("erasure-hollow", said.position)}


def test_an_erasure_undone(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ledger.entries()[2]
    ledger.erase([before])
    gone = ledger.entries()[2]
    for back in ({"agent": "x"}, {"session": "x"}, {"type": "x"}, {"severity": "x"}, {"time": 0}):
        ledger.put(replace(gone, **back))
        assert ledger.codes() == {("erasure-undone", 2)}, back
    census = ledger.store.census()
    monkeypatch.setattr(ledger.store, "census", lambda: census)  # in a file it is a column, which stays as it was
    ledger.put(before)
    assert ledger.codes() == {("erasure-undone", 2)}
    ledger.put(replace(before, payload=b"{}"))
    assert ("erasure-undone", 2) in ledger.codes()


def test_a_count_that_is_wrong(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    size, chains = ledger.store.census()
    wrong = [replace(chain, erased=1) if chain.key == "a" else chain for chain in chains]
    monkeypatch.setattr(ledger.store, "census", lambda: (size, wrong))
    assert ledger.codes() == {("head-mismatch", None)}


def test_an_erased_entry_of_another_owner(ledger: Ledger) -> None:
    ledger.erase([ledger.entries()[2]])
    ledger.put(replace(ledger.entries()[2], workspace=BOB.id))
    assert ledger.codes() == {("chain-mismatch", 2)}
    ledger.put(replace(ledger.entries()[2], workspace=7))
    assert ledger.codes() == {("chain-mismatch", 2)}


def test_the_ledgers_own_chain_erased(ledger: Ledger) -> None:
    """Whatever says so: nothing can."""
    (said,) = ledger.erase([ledger.entries()[2]])
    _blank(ledger, said)
    claim = {**GROUNDS.members(), "entries": [uuid_text(ledger.entries()[2].id), uuid_text(said.id)]}
    commit(ledger.sequencer, own.submission("erasure", claim, NOW))
    assert ("erasure-unauthorised", said.position) in ledger.codes()
    assert ("erasure-unauthorised", 2) not in ledger.codes()


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b'{"type":"heads"}', b'{"type":"erasure"}', b'{"entries":{},"type":"erasure"}',
     b'{"entries":[1,null,"x"],"type":"erasure"}'],
)  # fmt: skip
def test_what_is_no_erasure_names_nothing(ledger: Ledger, payload: bytes) -> None:
    assert named(replace(ledger.entries()[0], payload=payload)) == []


def test_erased_while_it_is_verified(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry that says so lies beyond what is looked at; it is looked for."""
    moment: list[Callable[[], object]] = [lambda: ledger.erase(ledger.entries()[:3])]
    scan = ledger.store.scan

    def scanning(start: int, limit: int) -> list[Entry]:
        while moment:
            moment.pop()()
        return scan(start, limit)

    monkeypatch.setattr(ledger.store, "scan", scanning)
    assert ledger.problems() == []
