"""What an auditor brings along: earlier checkpoints, receipts, witnesses, ages, keys that were replaced."""

from __future__ import annotations

from base64 import b64encode

import pytest

from affidavit.errors import ErasedSince, NothingToShow, NotSealed
from affidavit.ledger.bundles import Bundle, Wish
from tests.evidence import cases
from tests.evidence.cases import ALL, ONE, ORIGIN, Ledger, Witness, auditor

W1, W2, W3 = Witness("w.example/1", 11), Witness("w.example/2", 12), Witness("w.example/3", 13)
DAY = 86_400
NOW = cases.START // 1_000_000


def grown() -> tuple[Ledger, bytes, bytes]:
    """A ledger that was sealed, grew, and was sealed again; its two notes."""
    ledger = cases.usual()
    first = ledger.seal().note
    ledger.record("one", {"n": 9, "agent": "ann"})
    ledger.record_heads()
    return ledger, first, ledger.seal().note


def codes(items: list[tuple[str, str]]) -> set[str]:
    return {code for code, _ in items}


@pytest.mark.parametrize("scope", [ALL, ONE])
def test_an_earlier_checkpoint_in_the_bundle(scope: cases.Scope) -> None:
    ledger, first, _ = grown()
    report = auditor(ledger, held=[first]).report(ledger.bundle(scope, earlier=[first]))
    assert report.exit == 0
    assert codes(report.proven) >= {"earlier", "held"}
    assert codes(report.not_proven) == {"history-since"}


def test_a_whole_ledger_needs_no_proof_to_a_held_checkpoint() -> None:
    ledger, first, second = grown()
    assert auditor(ledger, held=[first, second]).codes(ledger.bundle(ALL)) == (0, [])
    assert codes(auditor(ledger, held=[first, second]).report(ledger.bundle(ALL)).not_proven) == set()


def test_a_held_checkpoint_that_no_proof_leads_to() -> None:
    ledger, first, _ = grown()
    assert auditor(ledger, held=[first]).codes(ledger.bundle(ONE)) == (3, ["checkpoint-unlinked"])


def test_a_held_checkpoint_that_is_newer() -> None:
    ledger, _, second = grown()
    older = cases.usual()
    older.seal()
    report = auditor(ledger, held=[second]).report(older.bundle(ALL))
    assert (report.exit, [problem["code"] for problem in report.problems]) == (3, ["checkpoint-newer"])
    assert "held" not in codes(report.proven)
    assert "history" in codes(report.not_proven)


def rewritten() -> Ledger:
    """The same key signed another history."""
    ledger = Ledger()
    for number in range(10):
        ledger.record("one", {"n": number})
    return ledger


@pytest.mark.parametrize("more", [0, 2])
def test_a_rewritten_ledger_is_proven_to_who_holds_nothing_and_found_by_who_does(more: int) -> None:
    ledger = cases.usual()
    held = ledger.seal()
    other = rewritten()
    for number in range(more):
        other.record("one", {"n": number})
    newest = other.seal()
    report = auditor(ledger).report(other.bundle(ALL))
    assert report.exit == 0
    assert "history" in codes(report.not_proven)
    report = auditor(ledger, held=[held.note]).report(other.bundle(ALL))
    assert (report.exit, [problem["code"] for problem in report.problems]) == (1, ["two-histories"])
    assert report.problems[0]["notes"] == [held.note.decode(), newest.note.decode()]


def test_two_histories_of_one_size_in_the_bundle_and_in_the_hand() -> None:
    ledger, first, _ = grown()
    other = rewritten()
    held = other.seal().note
    bundle = ledger.bundle(ONE, earlier=[first])
    report = auditor(ledger, held=[held]).report(bundle)
    assert (report.exit, [problem["code"] for problem in report.problems]) == (1, ["two-histories"])
    assert report.problems[0]["notes"] == [held.decode(), first.decode()]


def test_an_earlier_checkpoint_of_another_history() -> None:
    ledger, first, _ = grown()
    bundle = ledger.bundle(ONE, earlier=[first])
    other = rewritten().seal().note
    forged = cases.changed(bundle, "earlier/10/checkpoint", lambda content: other)
    report = auditor(ledger).report(forged)
    assert (report.exit, [problem["code"] for problem in report.problems]) == (1, ["earlier-inconsistent"])
    assert report.problems[0]["notes"] == [other.decode(), cases.members_of(bundle)["checkpoint"].decode()]


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: proof[65:],
        lambda proof: proof + proof[:65],
        lambda proof: b"0" * 64 + proof[64:],
        lambda proof: b"",
        lambda proof: proof[65:130] + proof[:65] + proof[130:],
    ],
)
def test_a_mangled_consistency_proof(change: cases.Callable[[bytes], bytes]) -> None:
    ledger, first, _ = grown()
    bundle = cases.changed(ledger.bundle(ONE, earlier=[first]), "earlier/10/consistency", change)
    assert auditor(ledger).codes(bundle) == (1, ["earlier-inconsistent"])


def test_an_earlier_checkpoint_that_somebody_else_signed() -> None:
    ledger, first, _ = grown()
    stranger = cases.usual(seed=2).seal().note
    other_origin = cases.usual("other.example/l").seal().note
    bundle = ledger.bundle(ONE, earlier=[first])
    for note, code in ((stranger, "signature-missing"), (other_origin, "origin-mismatch")):
        forged = cases.changed(bundle, "earlier/10/checkpoint", lambda content, note=note: note)
        assert auditor(ledger).codes(forged) == (1, [code])
        assert auditor(ledger, held=[note]).codes(bundle) == (1, [code])


@pytest.mark.parametrize("size", range(1, 40))
def test_consistency_from_every_size(size: int) -> None:
    ledger = Ledger()
    ledger.record("one", *[{"n": n} for n in range(size)])
    first = ledger.seal().note
    ledger.record("two", *[{"n": n} for n in range(40 - size)])
    ledger.seal()
    bundle = ledger.bundle(cases.Scope("chain", ledger.store.scan(0, 1)[0].chain), earlier=[first])
    assert auditor(ledger, held=[first]).codes(bundle) == (0, [])


def test_earlier_checkpoints_that_no_bundle_can_have() -> None:
    ledger, _, _ = grown()
    for note in (cases.usual("other.example/l").seal().note, b"".join([_newer().seal().note])):
        with pytest.raises(NothingToShow):
            ledger.bundle(ALL, earlier=[note])


def _newer() -> Ledger:
    ledger, _, _ = grown()
    ledger.record("one", {"n": 1})
    return ledger


def test_a_receipt() -> None:
    ledger = Ledger()
    ledger.record("zero", {"n": 0})
    entries = ledger.record("one", {"n": 1}, {"n": 2}, {"n": 3})
    one = ledger.record("two", {"n": 4})
    receipts = [ledger.receipt(entries), ledger.receipt(one)]
    ledger.seal()
    report = auditor(ledger, receipts=receipts).report(ledger.bundle(ALL))
    assert report.exit == 0
    assert "receipt" in codes(report.proven)
    assert codes(report.not_proven) == {"history-since"}
    chain = cases.Scope("chain", one[0].chain)
    assert auditor(ledger, receipts=receipts).codes(ledger.bundle(chain)) == (1, ["receipt-missing"])
    assert auditor(ledger, receipts=receipts[1:]).codes(ledger.bundle(chain)) == (0, [])


def test_a_receipt_for_what_was_rewritten() -> None:
    ledger = Ledger()
    receipt = ledger.receipt(ledger.record("one", {"n": 1}, {"n": 2}, {"n": 3}))
    for forged, code in (({1: {"by": "key_9"}}, "receipt-mismatch"), ({2: {"id": bytes(16)}}, "receipt-missing")):
        other = Ledger()
        other.record("one", {"n": 1}, {"n": 2}, {"n": 3}, {"n": 4})
        for position, fields in forged.items():
            other.forge(position, **fields)
        other.seal()
        assert code in auditor(ledger, receipts=[receipt]).codes(other.bundle(ALL))[1]


def test_a_receipt_for_entries_that_do_not_lie_in_a_row() -> None:
    ledger = Ledger()
    first = ledger.record("one", {"n": 1})
    ledger.record("two", {"n": 2})
    receipt = ledger.receipt([*first, *ledger.record("one", {"n": 3})])
    ledger.seal()
    assert auditor(ledger, receipts=[receipt]).codes(ledger.bundle(ALL)) == (1, ["receipt-missing"])


def test_a_receipt_of_another_ledger_or_another_key() -> None:
    ledger = Ledger()
    entries = ledger.record("one", {"n": 1})
    ledger.seal()
    bundle = ledger.bundle(ALL)
    other = Ledger(seed=5)
    assert auditor(ledger, receipts=[other.receipt(entries)]).codes(bundle) == (1, ["signature-missing"])
    elsewhere = Ledger("other.example/l")
    assert auditor(ledger, receipts=[elsewhere.receipt(entries)]).codes(bundle) == (
        1,
        ["origin-mismatch"],
    )
    damaged = ledger.receipt(entries).replace(b"\n1\n", b"\n2\n")
    assert auditor(ledger, receipts=[damaged]).codes(bundle)[0] == 2
    tail = ledger.receipt(entries)
    changed = tail[:-20] + b"AAAAAAAAAAAAAAAA" + tail[-4:]
    assert auditor(ledger, receipts=[changed]).codes(bundle) == (1, ["signature-invalid"])


def policy(ledger: Ledger, quorum: str = "group two 2 a b c\nquorum two\n") -> str:
    witnesses = "".join(f"witness {name} {w.key}\n" for name, w in (("a", W1), ("b", W2), ("c", W3)))
    return f"# whom we trust\nlog {ledger.key} https://ledger.example\n\n{witnesses}{quorum}"


def test_a_quorum() -> None:
    ledger = cases.usual()
    ledger.seal()
    ledger.cosign(W1)
    assert auditor(ledger, policy=policy(ledger)).codes(ledger.bundle(ALL)) == (3, ["quorum"])
    ledger.cosign(W3)
    bundle = ledger.bundle(ALL)
    report = auditor(ledger, policy=policy(ledger)).report(bundle)
    assert report.exit == 0
    assert "quorum" in codes(report.proven)
    assert codes(report.not_proven) == set()
    assert auditor(ledger, policy=policy(ledger, "quorum b\n")).codes(bundle) == (3, ["quorum"])
    nested = "group any any a b\ngroup all all any c\nquorum all\n"
    assert auditor(ledger, policy=policy(ledger, nested)).codes(bundle) == (0, [])
    assert cases.Auditor(policy=policy(ledger, "quorum none\n")).codes(bundle) == (0, [])


def test_cosignatures_that_do_not_count() -> None:
    ledger, other = cases.usual(), cases.usual("other.example/ledger")
    ledger.seal()
    other.seal()
    line = ledger.cosign(W1).encode()
    bundle = ledger.bundle(ALL)
    demanding = auditor(ledger, policy=policy(ledger))

    def with_line(more: bytes) -> tuple[int, list[str]]:
        return demanding.codes(cases.changed(bundle, "checkpoint", lambda content: content + more))

    assert with_line(line) == (3, ["quorum"])  # the same witness twice
    assert with_line(line.replace(b"w.example/1", b"w.example/2")) == (3, ["quorum"])  # under another name
    assert with_line(other.cosign(W2).encode()) == (1, ["signature-invalid", "quorum"])  # of another checkpoint
    stranger = ledger.cosign(Witness("w.example/2", 14)).encode()
    assert with_line(stranger) == (3, ["quorum"])


def test_a_witness_that_is_late() -> None:
    ledger = cases.usual()
    ledger.seal()
    ledger.cosign(W1, NOW - 2 * DAY)
    ledger.cosign(W2, NOW)
    bundle = ledger.bundle(ALL)
    for max_age, expected in ((DAY, (3, ["quorum"])), (2 * DAY, (0, [])), (None, (0, []))):
        assert auditor(ledger, policy=policy(ledger), max_age=max_age, now=NOW).codes(bundle) == expected
    again = ledger.cosign(W1, NOW + 5)
    renewed = cases.changed(bundle, "checkpoint", lambda content: content + again.encode())
    assert auditor(ledger, policy=policy(ledger), max_age=DAY, now=NOW).codes(renewed) == (0, [])


def test_an_age_without_witnesses_is_the_ledgers_word() -> None:
    ledger = cases.usual()
    ledger.seal()
    bundle = ledger.bundle(ALL)
    report = auditor(ledger, max_age=DAY, now=NOW + DAY).report(bundle)
    assert report.exit == 0
    assert "age" in codes(report.asserted)
    assert auditor(ledger, max_age=DAY, now=NOW + DAY + 9).codes(bundle) == (3, ["age"])


def test_a_key_that_was_replaced() -> None:
    ledger = cases.usual()
    first, stolen = ledger.key, cases.usual(seed=9)
    ledger.rotate(2)
    second = ledger.key
    ledger.rotate(3)
    ledger.seal()
    bundle = ledger.bundle(ALL)
    assert [name for name in cases.members_of(bundle) if name.startswith("keys/")] == ["keys/1", "keys/2"]
    for key in (first, second, ledger.key):
        report = cases.Auditor([key]).report(bundle)
        assert report.exit == 0
        assert ("rotation" in codes(report.proven)) == (key != ledger.key)
    assert cases.Auditor([stolen.key]).codes(bundle) == (1, ["signature-missing"])
    members = cases.members_of(bundle)
    members["keys/2"] = members["keys/2"][:-20] + b"A" * 16 + members["keys/2"][-4:]
    codes_ = cases.Auditor([first]).codes(cases.packed(members))
    assert codes_ == (1, ["signature-invalid", "signature-missing"])
    del members["keys/2"]
    assert cases.Auditor([first]).codes(cases.packed(members)) == (1, ["signature-missing"])


def test_complete() -> None:
    ledger = cases.usual()
    ledger.seal()
    for name, scope in cases.SCOPES.items():
        expected = (0, []) if name in ("all", "chain", "ledger") else (3, ["incomplete"])
        assert auditor(ledger, complete=True).codes(ledger.bundle(scope)) == expected, name
    members = cases.members_of(ledger.bundle(ONE))
    del members["heads"]
    assert auditor(ledger, complete=True).codes(cases.packed(members)) == (3, ["incomplete"])
    assert codes(auditor(ledger).report(cases.packed(members)).not_proven) == {"history", "chain-end"}


def test_what_came_after_the_heads_is_not_proven_to_be_all() -> None:
    ledger = cases.usual()
    ledger.record("one", {"n": 9})
    ledger.seal()
    report = auditor(ledger).report(ledger.bundle(ONE))
    assert report.exit == 0
    assert codes(report.not_proven) == {"history", "chain-end"}
    assert "complete" in codes(report.proven)


def test_a_chain_whose_end_is_of_long_ago_is_not_complete_to_who_says_how_old_it_may_be() -> None:
    ledger = cases.usual()
    ledger.seconds += DAY
    ledger.record("one", {"n": "what is to be hidden"})
    ledger.seal()
    bundle, now = ledger.bundle(ALL), NOW + ledger.seconds
    members = cases.members_of(ledger.bundle(ONE))
    assert auditor(ledger, now=now, max_age=DAY + 60, complete=True).codes(cases.packed(members)) == (0, [])
    assert auditor(ledger, now=now, max_age=60).codes(bundle) == (0, [])
    assert auditor(ledger, now=now, complete=True).codes(cases.packed(members)) == (0, [])
    assert auditor(ledger, now=now, max_age=60, complete=True).codes(bundle) == (0, [])
    asked = auditor(ledger, now=now, max_age=60, complete=True)
    assert asked.codes(cases.packed(members)) == (3, ["incomplete"])
    ledger.record_heads()
    ledger.seal()
    assert asked.codes(ledger.bundle(ONE)) == (0, [])


def test_a_chain_that_ended_long_ago_is_complete_where_nothing_came_since() -> None:
    ledger = cases.usual()
    ledger.seal()
    witnessed = f"log {ledger.key}\nwitness w {W1.key}\nquorum w\n"
    ledger.cosign(W1, NOW + DAY)
    asked = cases.Auditor(policy=witnessed, now=NOW + DAY, max_age=60, complete=True)
    assert asked.codes(ledger.bundle(ONE, witnessed=True)) == (0, [])


def test_no_bundle_without_a_checkpoint() -> None:
    ledger = cases.usual()
    with pytest.raises(NotSealed):
        ledger.bundle(ALL)
    ledger.seal()
    with pytest.raises(NotSealed):
        ledger.bundle(ALL, witnessed=True)
    with pytest.raises(NothingToShow):
        ledger.bundle(cases.Scope("agent", dialect="agentlens", name="nobody"))
    with pytest.raises(NothingToShow):
        ledger.bundle(cases.Scope("agent", dialect="agentlens", name="x" * 70_000))


def test_no_bundle_of_what_was_erased_since() -> None:
    ledger = cases.usual()
    ledger.seal()
    ledger.erase(ledger.store.scan(0, 1)[0])
    for scope in (ONE, ALL):
        with pytest.raises(ErasedSince):
            Bundle(ledger.store, ledger.tree, ledger.origin, Wish(scope))
    (new,) = ledger.record("one", {"n": 9, "agent": "ann"})
    ledger.seal()
    assert auditor(ledger).codes(ledger.bundle(ONE)) == (0, [])
    assert auditor(ledger).codes(ledger.bundle(ALL)) == (0, [])
    (newer,) = ledger.record("one", {"n": 10, "agent": "ann"})
    ledger.erase(newer)
    assert auditor(ledger).codes(ledger.bundle(ALL)) == (0, []), "what no checkpoint covers is not in it"
    made = Bundle(ledger.store, ledger.tree, ledger.origin, Wish(ALL))
    ledger.erase(new)
    with pytest.raises(ErasedSince):
        list(made.pieces())


def test_a_bundle_at_the_newest_checkpoint_that_a_witness_has_seen() -> None:
    ledger = cases.usual()
    seen = ledger.seal()
    ledger.cosign(W1)
    ledger.record("one", {"n": 9})
    ledger.seal()
    bundle = ledger.bundle(ALL, witnessed=True)
    report = auditor(ledger, policy=policy(ledger, "quorum a\n")).report(bundle)
    assert (report.exit, report.size) == (0, seen.size)


def test_a_time_stamp_goes_along_and_is_not_believed() -> None:
    ledger = cases.usual()
    size = ledger.seal().size
    ledger.store.add_timestamp(size, b"\x30\x03abc")
    bundle = ledger.bundle(ONE)
    assert cases.members_of(bundle)["timestamp.tsr"] == b"\x30\x03abc"
    assert "timestamp" in codes(auditor(ledger).report(bundle).not_proven)


BAD_POLICIES = {
    "no quorum": "witness a {w1}\n",
    "two quorums": "quorum none\nquorum none\n",
    "an unknown member": "group g any a\nquorum g\n",
    "an unknown quorum": "quorum g\n",
    "a name twice": "witness a {w1}\nwitness a {w2}\nquorum none\n",
    "a group of the name of a witness": "witness a {w1}\ngroup a any a\nquorum none\n",
    "a key under two names": "witness a {w1}\nwitness b {w1}\nquorum none\n",
    "a member twice": "witness a {w1}\ngroup g 2 a a\nquorum g\n",
    "a member of two groups": "witness a {w1}\ngroup g any a\ngroup h any a\nquorum g\n",
    "none as a member": "group g any none\nquorum g\n",
    "more than there are": "witness a {w1}\ngroup g 2 a\nquorum g\n",
    "a group of none": "group g any\nquorum g\n",
    "no number": "witness a {w1}\ngroup g 0 a\nquorum g\n",
    "a log's key for a witness": "witness a {log}\nquorum none\n",
    "a witness's key for a log": "log {w1}\nquorum none\n",
    "a log's key twice": "log {log}\nlog {log}\nquorum none\n",
    "no key": "witness a key\nquorum none\n",
    "another word": "quorom none\n",
    "a control character": "quorum none\r\n",
    "too many words": "quorum none none\n",
}


@pytest.mark.parametrize("name", BAD_POLICIES)
def test_a_policy_that_is_none(name: str) -> None:
    ledger = Ledger()
    text = BAD_POLICIES[name].format(w1=W1.key, w2=W2.key, log=ledger.key)
    with pytest.raises(ValueError, match=r"polic|verifier key|damaged"):
        auditor(ledger, policy=text).report(b"")


def test_a_policy_that_is_too_long() -> None:
    with pytest.raises(ValueError, match="1 MiB"):
        auditor(Ledger(), policy="#" * ((1 << 20) + 1)).report(b"")


def test_two_keys_of_one_name_and_id_are_refused() -> None:
    trust = cases.Policy()
    key = cases.parse_key(Ledger().key)
    trust.trust(key)
    trust.keys[key.identity] = cases.parse_key(Ledger(seed=7).key)
    with pytest.raises(ValueError, match="two different keys"):
        trust.trust(key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}+00000000",
        f"{ORIGIN}+00000000+AAAA",
        W1.key.replace("+", " ", 1),
        W1.key[:-1],
        W1.key.replace("w.example/1", "w.example/2"),
        f"{ORIGIN}+00000000+{b64encode(bytes([6]) + bytes(32)).decode()}",
    ],
)
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"verifier key|damaged"):
        cases.parse_key(text)
