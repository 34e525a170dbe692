r"""The entry's bytes: frozen vectors, a header that is canonical whatever its fields, hashes that keep apart.

vectors.json was made once, without this program, by

    chain      = sha256(b"affidavit/chain/v1\0" + workspace_salt + dialect + b"\0" + chain_key).digest()[:16]
    genesis    = sha256(b"affidavit/genesis/v1\0" + origin + b"\0" + chain)
    commitment = sha256(b"affidavit/payload/v1\0" + salt + payload)
    header     = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    hash       = sha256(b"\0" + header)

with Python's hashlib, json and uuid; `prev` is the genesis where the input has none. They never change: a ledger
written today is verified by any later release.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.core.entry import (
    FORMAT_VERSION,
    OPEN_KEY,
    Entry,
    chain_id,
    entry_hash,
    genesis,
    header,
    is_name,
    payload_commitment,
)

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["input"]["dialect"] for vector in VECTORS])
def test_frozen_vectors(vector: dict[str, dict[str, Any]]) -> None:
    given, expected = vector["input"], vector["expected"]
    chain = chain_id(bytes.fromhex(given["workspace_salt"]), given["dialect"], given["chain_key"])
    start = genesis(given["origin"], chain)
    commitment = payload_commitment(bytes.fromhex(given["salt"]), given["payload"].encode())
    prev = bytes.fromhex(given["prev"]) if given["prev"] else start
    identity = bytes.fromhex(given["id"])
    line = header(given["at"], given["by"], chain, given["dialect"], identity, commitment, prev, given["seq"])
    assert {
        "chain": chain.hex(),
        "genesis": start.hex(),
        "commitment": commitment.hex(),
        "header": line.decode(),
        "hash": entry_hash(line).hex(),
    } == expected


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["input"]["dialect"] for vector in VECTORS])
def test_the_vectors_by_sha256sum(vector: dict[str, dict[str, Any]]) -> None:
    """The hash of each header once more, by coreutils."""
    line = vector["expected"]["header"].encode()
    done = subprocess.run(["sha256sum"], input=b"\0" + line, capture_output=True, check=True)
    assert done.stdout.split()[0].decode() == vector["expected"]["hash"]


names = st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True)
digests, sixteen = st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16)
numbers = st.integers(0, 2**63 - 1)


@settings(max_examples=500)
@given(numbers, names, sixteen, names, sixteen, digests, digests, numbers)
def test_a_header_is_canonical_and_says_what_it_was_made_of(
    at: int, by: str, chain: bytes, dialect: str, identity: bytes, commitment: bytes, prev: bytes, seq: int
) -> None:
    line = header(at, by, chain, dialect, identity, commitment, prev, seq)
    assert is_name(by)
    assert is_name(dialect)
    assert canonical.encode(canonical.parse(line)) == line
    assert line.isascii()
    assert json.loads(line) == {
        "at": at,
        "by": by,
        "chain": chain.hex(),
        "dialect": dialect,
        "id": str(UUID(bytes=identity)),
        "payload": commitment.hex(),
        "prev": prev.hex(),
        "seq": seq,
        "v": FORMAT_VERSION,
    }


def test_the_longest_header_is_shorter_than_the_format_says() -> None:
    most, name = 2**63 - 1, "x" * 64
    assert is_name(name)
    assert len(header(most, name, b"c" * 16, name, b"i" * 16, b"p" * 32, b"q" * 32, most)) <= 512


def test_an_entry_rebuilds_its_header_from_its_fields() -> None:
    chain, identity, prev, commitment = bytes(range(16)), bytes(range(16, 32)), b"\1" * 32, b"\2" * 32
    line = header(7, "key_1", chain, "provenlog", identity, commitment, prev, 5)
    entry = Entry(
        3, chain, 5, 7, identity, "key_1", "provenlog", prev, entry_hash(line), commitment, b"s" * 16, b"{}",
        1, "agent", "session", "type", "severity", 99,
    )  # fmt: skip
    assert entry.header == line


@pytest.mark.parametrize("name", [OPEN_KEY, "key_2f9c", "agentlens", "a", "A.b-c_9", "x" * 64])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "x" * 65, 'a"b', "a\\b", "a b", "a\n", "a\0", "ключ", "é", "a,b", "a/b", "０"])
def test_what_needs_an_escape_or_a_limit_is_no_name(name: str) -> None:
    assert not is_name(name)


def test_there_is_a_header_to_hash_even_for_what_is_no_name() -> None:
    """A damaged store is found by its hashes, not by an exception."""
    sound = header(1, "key_1", b"c" * 16, "agentlens", b"i" * 16, b"p" * 32, b"q" * 32, 1)
    for damaged in ("ключ", "\ud83d", 'key_1"', ""):
        assert header(1, damaged, b"c" * 16, "agentlens", b"i" * 16, b"p" * 32, b"q" * 32, 1) != sound


@settings(max_examples=300)
@given(st.binary(max_size=48))
def test_one_kind_of_hash_is_never_another(raw: bytes) -> None:
    """Even over the same bytes: each begins with a domain of its own, and no domain begins another."""
    salt, rest = raw[:16].ljust(16, b"\0"), raw[16:]
    text = rest.hex()
    kinds = {
        entry_hash(salt + rest)[:16],
        payload_commitment(salt, rest)[:16],
        chain_id(salt, "", rest.hex()),
        genesis(text, salt)[:16],
    }
    assert len(kinds) == 4
    domains = [b"\0", b"affidavit/payload/v1\0", b"affidavit/chain/v1\0", b"affidavit/genesis/v1\0"]
    assert not any(one is not other and other.startswith(one) for one in domains for other in domains)


def test_a_chain_is_of_one_workspace_dialect_and_key() -> None:
    ids = [
        chain_id(b"a" * 16, "agentlens", "key"),
        chain_id(b"b" * 16, "agentlens", "key"),
        chain_id(b"a" * 16, "provenlog", "key"),
        chain_id(b"a" * 16, "agentlens", "kez"),
        chain_id(b"a" * 16, "agentlen", "s\0key"),
        chain_id(b"a" * 16, "agentlens", ""),
        chain_id(b"a" * 16, "agentlens", "\ud83d"),
    ]
    assert len(set(ids)) == len(ids)
    assert {len(chain) for chain in ids} == {16}


def test_a_genesis_is_of_one_ledger_and_chain() -> None:
    chain, other = b"c" * 16, b"d" * 16
    starts = [genesis("one.example", chain), genesis("two.example", chain), genesis("one.example", other)]
    assert len(set(starts)) == 3
    assert {len(start) for start in starts} == {32}


def test_a_commitment_hides_a_payload_behind_its_salt() -> None:
    assert payload_commitment(b"a" * 16, b"{}") != payload_commitment(b"b" * 16, b"{}")
    assert payload_commitment(b"a" * 16, b"{}") != payload_commitment(b"a" * 16, b"[]")
