"""Bundles that were changed at random: two programs written apart from one page say the same of what is left."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from affidavit.core.bundle import Scope
from affidavit.verifier.affidavit_verify import as_json
from tests.evidence import cases
from tests.evidence.cases import ALL, ONE, Auditor, Members
from tests.verifier_js import node

ANN = Scope("agent", dialect="agentlens", name="ann")
HALF = Scope("agent", dialect="agentlens", name="\ud83d")
NOW = cases.START // 1_000_000
Change = tuple[str, int, int, bytes]


def world() -> tuple[list[Members], list[Auditor]]:
    """Bundles with everything that a bundle can have; an auditor who holds everything that an auditor can, and one who
    holds less and demands more."""
    ledger = cases.usual()
    first = ledger.seal()
    ledger.rotate(3)
    entries = ledger.record("one", {"n": 9, "agent": "ann"}, {"n": 10, "agent": "\ud83d"})
    ledger.record_heads()
    checkpoint = ledger.seal()
    witnesses = [cases.Witness("a.example", 8), cases.Witness("b.example", 9)]
    for witness in witnesses:
        ledger.cosign(witness, NOW)
    ledger.store.add_timestamp(checkpoint.size, b"a token")
    policy = "\n".join(
        [
            f"log {cases.Ledger().key}",
            *(f"witness w{number} {witness.key}" for number, witness in enumerate(witnesses)),
            "group both all w0 w1",
            "quorum both\n",
        ]
    )
    keys = [str(ledger.receipts.verifier_key)]
    receipts = [ledger.receipt(entries[:1])]
    auditor = Auditor(keys, policy=policy, held=[first.note], receipts=receipts, max_age=60, now=NOW + 9)
    bundles = [ledger.bundle(scope, earlier=[first.note]) for scope in (ALL, ONE, ANN, HALF)]
    keys = [*keys, cases.Ledger().key]
    other = replace(
        auditor, policy="", keys=keys, held=[], receipts=[ledger.receipt(entries)], complete=True, max_age=1
    )
    return [cases.members_of(bundle) for bundle in bundles], [auditor, other]


BUNDLES, AUDITORS = world()
AUDITOR = AUDITORS[0]
changes = st.tuples(
    st.sampled_from(["set", "cut", "insert", "line dropped", "line doubled", "lines swapped", "empty", "gone"]),
    st.integers(0, 1 << 20),
    st.integers(0, 40),
    st.one_of(
        st.binary(min_size=1, max_size=4), st.sampled_from([b"\n", b"0", b"9", b"erased\n", b"=", b" ", b"\xff"])
    ),
)


def changed(members: Members, name: str, change: Change) -> Members:
    """A bundle's members, of which one was changed."""
    kind, at, length, new = change
    content = members[name]
    at %= len(content) or 1
    if kind == "gone":
        return {each: held for each, held in members.items() if each != name}
    if kind == "empty":
        return members | {name: b""}
    if kind in ("set", "cut", "insert"):
        rest = at + {"set": len(new), "cut": length, "insert": 0}[kind]
        return members | {name: content[:at] + (b"" if kind == "cut" else new) + content[rest:]}
    lines = content.splitlines(keepends=True) or [b""]
    one, two = at % len(lines), (at + length) % len(lines)
    if kind == "line dropped":
        del lines[one]
    elif kind == "line doubled":
        lines.insert(one, lines[one])
    else:
        lines[one], lines[two] = lines[two], lines[one]
    return members | {name: b"".join(lines)}


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(range(len(BUNDLES))),
    st.sampled_from(range(len(AUDITORS))),
    st.lists(st.tuples(st.integers(0, 20), changes), max_size=3),
)
@example(0, 0, [])
@example(1, 0, [])
@example(2, 0, [])
@example(3, 0, [])
@example(1, 1, [(6, ("line dropped", 560, 0, b"0"))])  # heads that do not hold show no chain to be complete
def test_both_say_the_same(javascript: node.Node, bundle: int, who: int, made: list[tuple[int, Change]]) -> None:
    members = BUNDLES[bundle]
    for which, change in made:
        names = list(members)
        members = changed(members, names[which % len(names)], change)
    content = cases.packed(members)
    node.compare(javascript, AUDITORS[who], content, as_json(AUDITORS[who].report(content)))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(range(len(BUNDLES))), changes)
def test_of_a_file_that_was_damaged_too(javascript: node.Node, bundle: int, change: Change) -> None:
    whole = {"file": cases.packed(BUNDLES[bundle])}
    content = changed(whole, "file", change).get("file", b"")
    node.compare(javascript, AUDITOR, content, as_json(AUDITOR.report(content)))


def test_the_world_is_sound() -> None:
    """Else what is compared would be refused for reasons of its own."""
    for members in BUNDLES:
        report = replace(AUDITOR, receipts=[]).report(cases.packed(members))
        assert {code for code, _ in report.proven} >= {"rotation", "earlier", "held", "quorum"}
        assert members.keys() >= {"heads", "keys/1", "timestamp.tsr"}
    report = AUDITOR.report(cases.packed(BUNDLES[0]))
    assert "receipt" in {code for code, _ in report.proven}
