"""The policy: what may stand in it, and when its quorum has seen a checkpoint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core.note import Verified
from affidavit.core.notekey import COSIGNATURE, VerifierKey
from affidavit.core.policy import MAX_POLICY_BYTES, NONE, Peer, Policy, parse_policy
from affidavit.core.signing import verifier_key
from affidavit.errors import MalformedPolicy

LOG = verifier_key("ledger.example/1", bytes(32))
NAMES = ["x1", "x2", "x3", "y1", "y2", "y3"]
WITNESSES = {name: verifier_key(f"{name}.example", name.encode() * 16, COSIGNATURE) for name in NAMES}
LINES = "".join(f"witness {name} {key}\n" for name, key in WITNESSES.items())
GROUPS = "group X 2 x1 x2 x3\ngroup Y any y1 y2 y3\ngroup X-and-Y all X Y\n"
POLICY = f"log {LOG}\n\n{LINES}\n{GROUPS}quorum X-and-Y\n"
W1 = f"witness w1 {WITNESSES['x1']}\n"


def policy(text: str) -> Policy:
    return parse_policy(text.encode())


def signed(*names: str) -> list[Verified]:
    return [Verified(LOG, None), *(Verified(WITNESSES[name], 1_790_000_000) for name in names)]


def test_it_is_read() -> None:
    found = policy(POLICY)
    assert found.logs == (Peer(LOG, ""),)
    assert found.witnesses == {name: Peer(key, "") for name, key in WITNESSES.items()}
    assert found.keys == [LOG, *WITNESSES.values()]
    assert [(name, group.threshold, group.members) for name, group in found.groups.items()] == [
        ("X", 2, ("x1", "x2", "x3")),
        ("Y", 1, ("y1", "y2", "y3")),
        ("X-and-Y", 2, ("X", "Y")),
    ]


@pytest.mark.parametrize(
    ("names", "met"),
    [
        ("x1 x2 y1", True),
        ("x1 x2 x3 y1 y2 y3", True),
        ("x3 x1 y3", True),
        ("", False),
        ("x1 x2 x3", False),
        ("y1 y2 y3", False),
        ("x1 y1 y2 y3", False),
        ("x1 x1 y1", False),
    ],
)
def test_a_quorum_of_groups(names: str, met: bool) -> None:
    assert policy(POLICY).is_met_by(signed(*names.split())) == met


@given(st.sets(st.sampled_from(NAMES)))
def test_the_rule_in_its_own_words(names: set[str]) -> None:
    met = len(names & {"x1", "x2", "x3"}) >= 2 and bool(names & {"y1", "y2", "y3"})
    assert policy(POLICY).is_met_by(signed(*names)) == met


def test_a_quorum_of_one_witness_and_of_none() -> None:
    assert policy(f"{LINES}quorum x2").is_met_by(signed("x2"))
    assert not policy(f"{LINES}quorum x2").is_met_by(signed("x1"))
    assert policy("quorum none").quorum == NONE
    assert policy("quorum none").is_met_by([])


def test_a_witness_counts_only_with_its_very_key() -> None:
    found = policy(f"{LINES}quorum x2")
    key = WITNESSES["x2"]
    for other in (
        VerifierKey("x2.example", COSIGNATURE, WITNESSES["x1"].public),
        VerifierKey("other.example", COSIGNATURE, key.public),
        VerifierKey("x2.example", 1, key.public),
    ):
        assert not found.is_met_by([Verified(other, 1)])


def test_blanks_comments_urls_and_names_in_any_octets() -> None:
    text = b"\t# \xff\n \tlog\t" + str(LOG).encode() + b"  https://ledger.example/ \n#\n\n"
    text += b"witness w\xff " + str(WITNESSES["x1"]).encode() + b" https://w.example\n"
    text += b"witness w\xfe " + str(WITNESSES["x2"]).encode() + b"\n quorum w\xff\t"
    found = parse_policy(text)
    assert [peer.url for peer in (*found.logs, *found.witnesses.values())] == [
        "https://ledger.example/",
        "https://w.example",
        "",
    ]
    assert found.is_met_by(signed("x1"))
    assert not found.is_met_by(signed("x2"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no quorum line"),
        (f"log {LOG}\n", "no quorum line"),
        ("quorum\n", "line 1 of the policy: it is not one of"),
        ("quorum none none\n", "it is not one of"),
        ("quorum none\n\nquorum none\n", "line 3 of the policy: there is a quorum line already"),
        ("quorum w1\n" + W1, "line 1 of the policy: no witness or group above is named 'w1'"),
        ("log\nquorum none", "it is not one of"),
        (f"log {LOG} url more\nquorum none", "it is not one of"),
        (f"witness w1 {WITNESSES['x1']} url more\nquorum w1", "it is not one of"),
        (f"Log {LOG}\nquorum none", "it is not one of"),
        (f"\u00a0log {LOG}\nquorum none", "it is not one of"),
        ("log nonsense\nquorum none", "line 1 of the policy: this is not a verifier key"),
        (f"log {WITNESSES['x1']}\nquorum none", "of algorithm 4, where 1 belongs"),
        (f"witness w {LOG}\nquorum w", "of algorithm 1, where 4 belongs"),
        (f"log {LOG}\nlog {LOG}\nquorum none", "is there already"),
        (f"log {LOG}\nlog {VerifierKey('other', 1, LOG.public)}\nquorum none", "maybe under another name"),
        (W1 + f"witness w2 {WITNESSES['x1']}\nquorum w1", "is there already"),
        (
            W1 + f"witness w2 {VerifierKey('other', 4, WITNESSES['x1'].public)}\nquorum w1",
            "line 2 of the policy: the key other is there already, maybe under another name",
        ),
        (W1 + f"witness w1 {WITNESSES['x2']}\nquorum w1", "the name 'w1' is taken"),
        (W1 + "group w1 any w1\nquorum w1", "the name 'w1' is taken"),
        (LINES + "group g any x1\ngroup g any x2\nquorum g", "the name 'g' is taken"),
        (f"witness none {WITNESSES['x1']}\nquorum none", "the name 'none' is taken"),
        (W1 + "group none any w1\nquorum none", "the name 'none' is taken"),
        (W1 + "group g any\nquorum g", "it is not one of"),
        (W1 + "group g any w2\nquorum g", "named 'w2'"),
        (W1 + "group g any g\nquorum g", "named 'g'"),
        (W1 + "group g any none\nquorum g", "named 'none'"),
        (W1 + "group g any w1 w1\nquorum g", "'w1' is a member already"),
        (W1 + "group g any w1\ngroup h any w1\nquorum g", "'w1' is a member already"),
        *[
            (W1 + f"group g {threshold} w1\nquorum g", "is not any, all, or a number from 1 to 1")
            for threshold in ("0", "2", "01", "-1", "+1", "1.0", "ANY", "some", "١", "9" * 5000)
        ],
        ("quorum none\r\n", r"control character b'\\r', byte 11"),
        ("quorum none\0", r"control character b'\\x00'"),
        ("# \x7f\nquorum none", r"control character b'\\x7f'"),
        ("#" * (MAX_POLICY_BYTES + 1), "the limit is 1,048,576"),
    ],
)
def test_policies_that_cannot_be_followed(text: str, why: str) -> None:
    with pytest.raises(MalformedPolicy, match=why):
        policy(text)


def test_a_key_whose_name_is_no_text() -> None:
    with pytest.raises(MalformedPolicy, match=r"line 1 of the policy: this is not a verifier key.*udcff"):
        parse_policy(b"log \xff" + str(LOG).encode() + b"\nquorum none")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_policy_or_malformed(data: bytes) -> None:
    for text in (data, W1.encode() + data, b"quorum none\n" + data):
        try:
            found = parse_policy(text)
        except MalformedPolicy:
            continue
        assert found.quorum == NONE or found.quorum in {*found.witnesses, *found.groups}


def test_a_thousand_groups_one_in_the_other() -> None:
    chain = "".join(f"group g{number} any {f'g{number - 1}' if number else 'w1'}\n" for number in range(5_000))
    found = policy(f"{W1}{chain}quorum g4999\n")
    assert found.is_met_by(signed("x1"))
    assert not found.is_met_by(signed("x2"))
