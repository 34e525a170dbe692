"""A small ledger for verification tests: two workspaces, three chains, seven entries, made by the real sequencer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.core.entry import Entry, chain_id
from affidavit.core.verify import Problem, Verification
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Draft, Projection, Submission, Workspace
from affidavit.storage.memory import MemoryStore

ORIGIN = "test.example/ledger"
ALICE, BOB = Workspace(1, "alice", b"a" * 16), Workspace(2, "bob", b"b" * 16)
SALTS = {ALICE.id: ALICE.salt, BOB.id: BOB.salt}
DIALECTS = ("agentlens", "provenlog")
NAMES = ["a1", "b1", "a2", "c1", "a3", "b2", "c2"]
"""The entries by position. Chains a and b are Alice's, c is Bob's and has the chain key of a."""
KEYS = {"a": "first", "b": "second", "c": "first"}
CHAINS = {
    "a": chain_id(ALICE.salt, "agentlens", "first"),
    "b": chain_id(ALICE.salt, "agentlens", "second"),
    "c": chain_id(BOB.salt, "agentlens", "first"),
}

Head = tuple[bytes, int, bytes]
State = tuple[list[Entry], list[Head]]
"""What a store holds: entries in position order, and every chain's head."""


def project(dialect: str, payload: bytes) -> Projection:
    """A dialect for tests: the payload says everything."""
    if dialect not in DIALECTS:
        raise ValueError(f"there is no dialect {dialect!r}")
    event = canonical.parse(payload)
    return Projection(event["key"], event["agent"], event["session"], "type", event.get("level"), event.get("time"))


def ledger(origin: str = ORIGIN, by: str = "key_1") -> State:
    """A sound one. Entries lie a millisecond apart; the second of each chain has a time of its own."""
    store = MemoryStore()
    salts = iter(range(1, 1000))
    sequencer = Sequencer(store, origin, entropy=lambda size: bytes((next(salts) + at) % 256 for at in range(size)))
    for position, name in enumerate(NAMES):
        chain, seq = name[0], int(name[1])
        event: dict[str, Any] = {"key": KEYS[chain], "agent": f"agent {chain}", "session": None, "n": name}
        if seq == 2:
            event |= {"session": "s", "level": "info", "time": 5}
        payload = canonical.encode(event)
        draft = Draft(payload, project("agentlens", payload))
        workspace = BOB if chain == "c" else ALICE
        sequencer.submit(Submission(workspace, "agentlens", by, 1_000 * (position + 1), [draft]), Future())
        sequencer.turn()
    entries = store.scan(0, 100)
    heads = [(chain, len(of), of[-1].hash) for key, chain in CHAINS.items() if (of := chain_of(entries, key))]
    return entries, heads


def chain_of(entries: list[Entry], chain: str) -> list[Entry]:
    """The entries of chain "a", "b" or "c"."""
    return [entry for entry in entries if entry.chain == CHAINS[chain]]


def check(state: State, origin: str = ORIGIN, salts: dict[int, bytes] | None = None) -> list[Problem]:
    """Everything that verification finds, in the order found."""
    entries, heads = state
    verification = Verification(origin, SALTS if salts is None else salts, project)
    problems = [problem for entry in entries for problem in verification.check(entry)]
    problems += verification.check_heads(heads)
    assert verification.entries == len(entries)
    assert set(verification.tips) == {entry.chain for entry in entries}
    return problems


def found(state: State) -> list[str]:
    """The same as `entry code`, an entry by its place in what was verified; heads as `chain code`."""
    letters = {chain: key for key, chain in CHAINS.items()}
    return [
        f"{problem.position if problem.position is not None else letters.get(bytes.fromhex(problem.chain or ''), '?')}"
        f" {problem.code}"
        for problem in check(state)
    ]


def edit(name: str, **changes: Any) -> Callable[[State], State]:
    """The ledger with some fields of one entry changed."""

    def change(state: State) -> State:
        entries = list(state[0])
        at = NAMES.index(name)
        entries[at] = replace(entries[at], **changes)
        return entries, state[1]

    return change
