"""Every field of an entry, changed in every way that differs: which problems are found, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from affidavit.core.entry import Entry, payload_commitment
from affidavit.core.verify import Problem
from tests.core.ledgers import CHAINS, NAMES, check, edit, found, ledger

SOUND = ledger()
A2 = SOUND[0][2]
assert A2.payload.startswith(b'{"agent":"agent a"')


def test_a_sound_ledger_has_no_problems() -> None:
    assert check(SOUND) == []


# a2 is at position 2 between a1 (0) and a3 (4); b1 is at 1, b2 at 5.
CHANGES: list[tuple[dict[str, Any], list[str]]] = [
    ({"position": 7}, ["7 position-gap", "3 position-gap"]),
    ({"position": 1}, ["1 position-gap", "3 position-gap"]),
    ({"chain": b"x" * 16}, ["2 hash-mismatch", "2 sequence-gap", "2 link-broken", "2 chain-mismatch", "4 sequence-gap",
                            "4 link-broken", "? head-mismatch"]),
    ({"chain": CHAINS["b"]}, ["2 hash-mismatch", "2 link-broken", "2 chain-mismatch", "4 sequence-gap", "4 link-broken",
                              "5 sequence-gap", "5 link-broken"]),
    ({"seq": 1}, ["2 hash-mismatch", "2 sequence-gap", "4 sequence-gap"]),
    ({"seq": 3}, ["2 hash-mismatch", "2 sequence-gap", "4 sequence-gap"]),
    ({"seq": -2}, ["2 hash-mismatch", "2 sequence-gap", "4 sequence-gap"]),
    ({"at": A2.at + 1}, ["2 hash-mismatch"]),
    ({"at": 999}, ["2 hash-mismatch", "2 time-backwards"]),
    ({"at": 5_001}, ["2 hash-mismatch", "4 time-backwards"]),
    ({"id": b"i" * 16}, ["2 hash-mismatch"]),
    ({"by": "key_2"}, ["2 hash-mismatch"]),
    ({"by": "ключ"}, ["2 hash-mismatch"]),
    ({"by": 'key_1","chain":"'}, ["2 hash-mismatch"]),
    ({"dialect": "provenlog"}, ["2 hash-mismatch", "2 chain-mismatch"]),
    ({"dialect": "nobody's"}, ["2 hash-mismatch", "2 projection-mismatch"]),
    ({"prev": b"p" * 32}, ["2 hash-mismatch", "2 link-broken"]),
    ({"hash": b"h" * 32}, ["2 hash-mismatch"]),
    ({"commitment": b"c" * 32}, ["2 hash-mismatch", "2 payload-mismatch"]),
    ({"salt": b"s" * 16}, ["2 payload-mismatch"]),
    ({"salt": b""}, ["2 payload-mismatch", "2 payload-mismatch"]),
    ({"payload": A2.payload.replace(b'"a2"', b'"a9"')}, ["2 payload-mismatch"]),
    ({"payload": A2.payload.replace(b"agent a", b"agent b")}, ["2 payload-mismatch", "2 projection-mismatch"]),
    ({"payload": A2.payload.replace(b"first", b"other")}, ["2 payload-mismatch", "2 chain-mismatch"]),
    ({"payload": A2.payload + b" "}, ["2 payload-mismatch"]),
    ({"payload": b""}, ["2 payload-mismatch", "2 projection-mismatch"]),
    ({"payload": b"[]"}, ["2 payload-mismatch", "2 projection-mismatch"]),
    ({"payload": b"{}"}, ["2 payload-mismatch", "2 projection-mismatch"]),
    ({"payload": b"\xff" * 9}, ["2 payload-mismatch", "2 projection-mismatch"]),
    ({"workspace": 2}, ["2 chain-mismatch"]),
    ({"workspace": 99}, ["2 chain-mismatch"]),
    ({"agent": "agent b"}, ["2 projection-mismatch"]),
    ({"agent": None}, ["2 projection-mismatch"]),
    ({"session": "t"}, ["2 projection-mismatch"]),
    ({"type": ""}, ["2 projection-mismatch"]),
    ({"severity": "error"}, ["2 projection-mismatch"]),
    ({"time": 6}, ["2 projection-mismatch"]),
    ({"agent": None, "session": None, "type": "", "severity": None, "time": 0}, ["2 projection-mismatch"] * 5),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "codes"), CHANGES, ids=[" ".join(changes) for changes, _ in CHANGES])
def test_a_changed_field_is_found(changes: dict[str, Any], codes: list[str]) -> None:
    assert found(edit("a2", **changes)(SOUND)) == codes


def test_every_field_is_among_them() -> None:
    assert {field for changes, _ in CHANGES for field in changes} == set(Entry.__struct_fields__)


def test_a_byte_moved_from_the_payload_to_the_salt_is_found() -> None:
    """Both together are the same bytes, so the commitment is the same: the salt's length gives it away."""
    moved = {"salt": A2.salt + A2.payload[:1], "payload": A2.payload[1:]}
    assert payload_commitment(**moved) == A2.commitment
    assert found(edit("a2", **moved)(SOUND)) == ["2 payload-mismatch", "2 projection-mismatch"]
    # A salt that ends in a blank leaves a payload that still says the same.
    salt = A2.salt[:-1] + b" "
    edited = {"salt": salt[:-1], "payload": b" " + A2.payload, "commitment": payload_commitment(salt, A2.payload)}
    assert found(edit("a2", **edited)(SOUND)) == ["2 hash-mismatch", "2 payload-mismatch"]


def test_where_a_client_sent_no_time_the_entry_has_that_of_its_receipt() -> None:
    entry = SOUND[0][NAMES.index("a3")]
    assert entry.time == entry.at
    assert found(edit("a3", time=5)(SOUND)) == ["4 projection-mismatch"]


def test_the_last_entry_of_a_chain_is_found_out_by_its_head() -> None:
    entry = SOUND[0][NAMES.index("a3")]
    assert found(edit("a3", hash=b"h" * 32)(SOUND)) == ["4 hash-mismatch"], "the head still has the true hash"
    assert found(edit("a3", by="key_2")(SOUND)) == ["4 hash-mismatch"], "the head still has the stored hash"
    assert found(edit("a3", by="key_2", hash=entry.prev)(SOUND)) == ["4 hash-mismatch", "a head-mismatch"]


def test_a_problem_says_where_and_what() -> None:
    (problem,) = check(edit("a2", agent="agent b")(SOUND))
    assert problem == Problem(
        "projection-mismatch",
        2,
        CHAINS["a"].hex(),
        2,
        "agent is stored as 'agent b', the payload says 'agent a'",
    )
    (problem,) = check(edit("a2", workspace=99)(SOUND))
    assert problem.message == "workspace 99 does not exist"
    problem = check(edit("a2", dialect="nobody's")(SOUND))[1]
    assert problem.message == 'the payload cannot be projected: ValueError: there is no dialect "nobody\'s"'
    problem = check(edit("a2", payload=b"{}")(SOUND))[1]
    assert problem.message == "the payload cannot be projected: KeyError: 'key'"
