"""Whole entries, chains and heads: cut, doubled, swapped, spliced, moved. And what verification cannot see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.core.verify import Problem, Verification
from tests.core.ledgers import (
    CHAINS,
    NAMES,
    ORIGIN,
    SALTS,
    State,
    chain_of,
    check,
    found,
    ledger,
    project,
)

SOUND = ledger()


HEAD_A = ["a head-mismatch"]
ALL_HEADS = ["a head-mismatch", "b head-mismatch", "c head-mismatch"]


def at(position: int, *codes: str) -> list[str]:
    """These codes for the entry at one position."""
    return [f"{position} {code}" for code in codes]


def renumbered(entries: list[Entry]) -> list[Entry]:
    """What a careful forger does: positions without a gap again."""
    return [replace(entry, position=position) for position, entry in enumerate(entries)]


def without(*names: str, careful: bool = True) -> Callable[[State], State]:
    """The ledger without some entries."""

    def change(state: State) -> State:
        kept = [entry for entry in state[0] if NAMES[entry.position] not in names]
        return renumbered(kept) if careful else kept, state[1]

    return change


def ordered(*names: str) -> Callable[[State], State]:
    """The ledger with its entries in another order, or some of them twice."""
    return lambda state: (renumbered([state[0][NAMES.index(name)] for name in names]), state[1])


def heads(change: Callable[[dict[str, tuple[int, bytes]]], object]) -> Callable[[State], State]:
    """The ledger with its heads changed: chain -> (seq, hash)."""

    def changed(state: State) -> State:
        letters = {chain: key for key, chain in CHAINS.items()}
        stored = {letters[chain]: (seq, digest) for chain, seq, digest in state[1]}
        change(stored)
        return state[0], [(CHAINS.get(key, key.encode()), *head) for key, head in stored.items()]

    return changed


def moved_to_bob(state: State) -> State:
    """Alice's chain b, handed to Bob."""
    return [replace(entry, workspace=2) if entry.chain == CHAINS["b"] else entry for entry in state[0]], state[1]


def spliced(state: State) -> State:
    """b2 put in the place of a2, with that one's chain and position; of the other ledger it has everything else."""
    entries = list(state[0])
    entries[2] = replace(entries[5], position=2, chain=CHAINS["a"])
    return entries, state[1]


def swapped(state: State) -> State:
    """Salt, payload and projections of a1 and a3 exchanged; chain, headers and hashes as they were."""
    entries = list(state[0])
    told = ("salt", "payload", "agent", "session", "type", "severity", "time")
    for here, there in ((0, 4), (4, 0)):
        entries[here] = replace(state[0][here], **{field: getattr(state[0][there], field) for field in told})
    return entries, state[1]


GONE = ["sequence-gap", "link-broken"]
"""What the entry after a removed one shows."""

CHANGES: list[tuple[str, Callable[[State], State], list[str]]] = [
    ("first entry removed", without("a1"), at(1, *GONE)),
    ("first entry removed, gap left", without("a1", careful=False), at(1, "position-gap") + at(2, *GONE)),
    ("middle entry removed", without("a2"), at(3, *GONE)),
    ("middle entry removed, gap left", without("a2", careful=False), at(3, "position-gap") + at(4, *GONE)),
    ("last entry of a chain removed", without("a3"), HEAD_A),
    ("last entry of all removed", without("c2", careful=False), ["c head-mismatch"]),
    ("whole chain removed", without("b1", "b2"), ["b head-mismatch"]),
    ("everything removed", lambda state: ([], state[1]), ALL_HEADS),
    (
        "two of a chain swapped",
        ordered("a2", "b1", "a1", "c1", "a3", "b2", "c2"),
        at(0, *GONE) + at(2, *GONE, "time-backwards") + at(4, *GONE),
    ),
    ("entry doubled", ordered("a1", "b1", "a2", "a2", "c1", "a3", "b2", "c2"), at(3, *GONE)),
    ("first entry doubled", ordered("a1", "a1", "b1", "a2", "c1", "a3", "b2", "c2"), at(1, *GONE)),
    (
        "payloads swapped",
        swapped,
        at(0, "payload-mismatch", "projection-mismatch") + at(4, "payload-mismatch", "projection-mismatch"),
    ),
    (
        "entry spliced in from another chain",
        spliced,
        at(2, "hash-mismatch", "link-broken", "chain-mismatch") + at(4, "link-broken", "time-backwards"),
    ),
    ("chain moved to another workspace", moved_to_bob, at(1, "chain-mismatch") + at(5, "chain-mismatch")),
    ("head's hash edited", heads(lambda stored: stored.update(a=(3, b"h" * 32))), HEAD_A),
    ("head's seq raised", heads(lambda stored: stored.update(a=(4, stored["a"][1]))), HEAD_A),
    ("head set back", heads(lambda stored: stored.update(a=(2, SOUND[0][2].hash))), HEAD_A),
    ("head removed", heads(lambda stored: stored.pop("b")), ["b head-mismatch"]),
    ("head invented", heads(lambda stored: stored.update(x=(1, b"h" * 32))), ["? head-mismatch"]),
    ("head of an empty chain invented", heads(lambda stored: stored.update(x=(0, b"h" * 32))), ["? head-mismatch"]),
    ("all heads removed", heads(dict.clear), ALL_HEADS),
    ("head listed twice", lambda state: (state[0], state[1] + state[1][:1]), HEAD_A),
]


@pytest.mark.parametrize(("change", "codes"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_a_changed_ledger_is_found(change: Callable[[State], State], codes: list[str]) -> None:
    assert found(change(SOUND)) == codes


def test_a_ledger_under_another_name_breaks_every_chain_at_its_first_entry() -> None:
    problems = check(SOUND, origin="other.example/ledger")
    assert [(problem.position, problem.code) for problem in problems] == [
        (0, "link-broken"),
        (1, "link-broken"),
        (3, "link-broken"),
    ]


def test_a_chain_carried_over_from_another_ledger_breaks_at_its_first_entry() -> None:
    entries, stored = ledger("other.example/ledger")
    mixed = [ours if ours.chain != CHAINS["b"] else theirs for ours, theirs in zip(SOUND[0], entries, strict=True)]
    foreign = [theirs if theirs[0] == CHAINS["b"] else ours for ours, theirs in zip(SOUND[1], stored, strict=True)]
    assert found((mixed, foreign)) == ["1 link-broken"]


def test_workspaces_with_their_salts_exchanged_own_no_chain() -> None:
    problems = check(SOUND, salts={1: SALTS[2], 2: SALTS[1]})
    assert [problem.code for problem in problems] == ["chain-mismatch"] * 7


def test_an_unreadable_entry_is_named_and_the_rest_is_still_checked() -> None:
    verification = Verification(ORIGIN, SALTS, project)
    problems = []
    for entry in SOUND[0]:
        if entry.position == 2:
            problems.append(verification.skip(2, "the row has no header"))
        else:
            problems += verification.check(entry)
    problems += verification.check_heads(SOUND[1])
    assert problems[0] == Problem("row-unreadable", 2, None, None, "the row has no header")
    assert [(problem.position, problem.code) for problem in problems[1:]] == [(4, "sequence-gap"), (4, "link-broken")]
    assert verification.entries == 7


def test_a_head_problem_says_what_differs() -> None:
    problems = {change: check(function(SOUND))[0].message for change, function, _ in CHANGES if "head" in change}
    assert problems["head removed"] == "the chain has 2 entries, but the store does not list it"
    assert problems["head invented"] == "the store lists this chain up to seq 1, but has no entry of it"
    assert problems["head's seq raised"].startswith("the stored head is seq 4, ")


def cut(state: State) -> State:
    """All after c1 gone, and the heads where they were then."""
    kept = state[0][:4]
    of = [chain_of(kept, name) for name in CHAINS]
    return kept, [(chain[0].chain, len(chain), chain[-1].hash) for chain in of]


def hidden(state: State) -> State:
    """Chain b gone with its head."""
    return without("b1", "b2")(state)[0], [head for head in state[1] if head[0] != CHAINS["b"]]


UNSEEN: list[tuple[str, Callable[[State], State]]] = [
    ("the ends of chains cut off, their heads set back", cut),
    ("a whole chain removed with its head", hidden),
    ("entries of different chains in another order", ordered("b1", "a1", "c1", "a2", "b2", "a3", "c2")),
    ("everything written anew", lambda _: ledger(by="key_2")),
    ("an empty ledger", lambda _: ([], [])),
]


@pytest.mark.parametrize("change", [case[1] for case in UNSEEN], ids=[case[0] for case in UNSEEN])
def test_what_a_store_alone_cannot_show(change: Callable[[State], State]) -> None:
    """docs/formats/verification.md names these; checkpoints kept elsewhere stand against them."""
    assert change(SOUND) != SOUND
    assert found(change(SOUND)) == []
