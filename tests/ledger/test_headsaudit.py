"""Verification of every heads entry, while the ledger is read: true ones pass, each that is not is told where it is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from affidavit.core.entry import Entry
from affidavit.core.verify import Problem
from affidavit.ledger import headsaudit
from affidavit.ledger.heads import heads_due, heads_root
from affidavit.ledger.headsaudit import HeadsTrail
from affidavit.model import own
from tests.ledger.sealing import NOW, Sealed


@pytest.fixture
def ledger(tmp_path: Path) -> Sealed:
    return Sealed(tmp_path)


def grow(ledger: Sealed, rounds: int, seed: int = 1) -> list[Entry]:
    """Chains begin and go on; heads are taken now and then, and recorded some entries later. Returns the heads."""
    chance = random.Random(seed)
    made = []
    for _ in range(rounds):
        ledger.record(chance.randint(1, 4), f"chain {chance.randint(0, 40)}")
        due = heads_due(ledger.store, NOW)
        for _ in range(chance.randint(0, 3)):
            ledger.record(1, f"chain {chance.randint(0, 40)}")
        made.append(ledger.own(due))
    return made


def followed(ledger: Sealed, trail: HeadsTrail | None = None) -> list[Problem]:
    """What following the whole ledger finds."""
    trail = trail or HeadsTrail()
    return [problem for entry in ledger.store.scan(0, 1_000_000) for problem in trail.check(entry)]


def claim(ledger: Sealed, **changes: object) -> Entry:
    """Heads as they are now, but for the changes."""
    size, leaves = ledger.store.roll()
    members = {"chains": len(leaves), "root": heads_root(leaves).hex(), "size": size} | changes
    return ledger.own(own.submission("heads", members, NOW))


@pytest.mark.parametrize("seed", range(5))
def test_true_heads(ledger: Sealed, seed: int) -> None:
    grow(ledger, 60, seed)
    trail = HeadsTrail()
    assert followed(ledger, trail) == []
    assert trail.passed == 0


@pytest.mark.parametrize("changes", [{"root": "00" * 32}, {"chains": 7}, {"size": 100_000}])
def test_untrue_heads_are_told_among_true_ones(ledger: Sealed, changes: dict[str, object]) -> None:
    """Each of them, wherever it is."""
    untrue = []
    for seed in range(3):
        grow(ledger, 10, seed)
        untrue.append(claim(ledger, **changes))
    grow(ledger, 10)
    problems = followed(ledger)
    assert [(problem.code, problem.position, problem.seq) for problem in problems] == [
        ("heads-mismatch", entry.position, entry.seq) for entry in untrue
    ]


def test_the_very_heads_of_another_size(ledger: Sealed) -> None:
    """One entry earlier, one head was another."""
    grow(ledger, 10)
    entry = claim(ledger, size=ledger.store.size() - 1)
    assert [problem.position for problem in followed(ledger)] == [entry.position]


def test_what_costs_too_much_is_passed_over_and_counted(ledger: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest aside, which is compared in another way."""
    grow(ledger, 10)
    claim(ledger, root="00" * 32)
    grow(ledger, 1)
    monkeypatch.setattr(headsaudit, "HASHES_FREE", 0)
    monkeypatch.setattr(headsaudit, "HASHES_PER_ENTRY", 0)
    trail = HeadsTrail()
    assert followed(ledger, trail) == []
    assert trail.passed == 11


def test_heads_of_long_ago_are_passed_over(ledger: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is bounded. The ones after them are compared again."""
    ledger.record(3)
    due = heads_due(ledger.store, NOW)
    for number in range(20):
        ledger.record(1, f"chain {number}")
    ledger.own(due)
    untrue = claim(ledger, root="00" * 32)
    monkeypatch.setattr(headsaudit, "MOST_BEHIND", 10)
    trail = HeadsTrail()
    assert [problem.position for problem in followed(ledger, trail)] == [untrue.position]
    assert trail.passed == 1


def test_what_is_broken_is_told_once(ledger: Sealed) -> None:
    """After an entry that is not what it was, heads would tell the same again."""
    grow(ledger, 2)
    claim(ledger, root="00" * 32)
    trail = HeadsTrail()
    trail.distrust()
    assert followed(ledger, trail) == []
    assert trail.passed == 2
