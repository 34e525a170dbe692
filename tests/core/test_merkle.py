"""The tree: RFC 6962's roots and proofs, from first principles, from public vectors, and under every small change."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core import merkle
from affidavit.core.merkle import Frontier, consistency_spans, inclusion_spans, verify_consistency, verify_inclusion

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "rfc6962-merkle"
FEW = 40
"""Trees up to this size are tried with every leaf and every older size."""


FROZEN = {
    1: "709e80c88487a241",
    2: "319dd25400276a78",
    3: "f1b9f16464b7d5fd",
    7: "e99dfbbaa8e26d67",
    8: "0a2a2c470619da67",
    300: "6323b7440f53f742",
}
"""Size of a tree over LEAVES -> the first 8 bytes of its root, for ever."""


def leaf(number: int) -> bytes:
    """The leaf hash of the entry with this number for its header."""
    return sha256(b"\x00" + number.to_bytes(2, "big")).digest()


LEAVES = [leaf(number) for number in range(2_000)]


def mth(leaves: list[bytes]) -> bytes:
    """The root as RFC 6962 section 2.1 defines it, over leaf hashes."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + mth(leaves[:half]) + mth(leaves[half:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < half:
        return [*path(index, leaves[:half]), mth(leaves[half:])]
    return [*path(index - half, leaves[half:]), mth(leaves[:half])]


def subproof(old: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [mth(leaves)]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= half:
        return [*subproof(old, leaves[:half], whole=whole), mth(leaves[half:])]
    return [*subproof(old - half, leaves[half:], whole=False), mth(leaves[:half])]


def hashes(spans: list[merkle.Span]) -> list[bytes]:
    """The hashes of spans of LEAVES, each from the perfect subtrees that it consists of."""

    def node_at(level: int, index: int) -> bytes:
        return mth(LEAVES[index << level : (index + 1) << level])

    return [merkle.span_hash(span, node_at) for span in spans]


@pytest.mark.parametrize("size", [*range(FEW), 255, 256, 257, 1_000])
def test_the_root_is_that_of_the_rfc(size: int) -> None:
    assert merkle.root_of(LEAVES[:size]) == mth(LEAVES[:size])


def test_frozen_roots() -> None:
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert {size: merkle.root_of(LEAVES[:size]).hex()[:16] for size in FROZEN} == FROZEN


def test_a_frontier_keeps_its_root_at_any_time_and_gives_every_node_once() -> None:
    frontier, nodes = Frontier(), []
    for size, digest in enumerate(LEAVES[:300], 1):
        nodes += [(level, digest) for level, digest in enumerate(frontier.append(digest), 1)]
        assert (frontier.size, len(frontier.peaks)) == (size, size.bit_count())
    assert frontier.root() == mth(LEAVES[:300])
    for level in range(1, 9):
        whole = [mth(LEAVES[start : start + (1 << level)]) for start in range(0, 300 - (1 << level) + 1, 1 << level)]
        assert [digest for at, digest in nodes if at == level] == whole
    assert len(nodes) == 300 - (300).bit_count()


@pytest.mark.parametrize("size", range(1, FEW))
def test_every_leaf_of_a_tree_is_proved_and_no_other(size: int) -> None:
    root = mth(LEAVES[:size])
    for index in range(size):
        proof = hashes(inclusion_spans(index, size))
        assert proof == path(index, LEAVES[:size])
        accepted = [at for at in range(size + 2) if verify_inclusion(LEAVES[index], at, size, proof, root)]
        assert accepted == [index]


@pytest.mark.parametrize("new", range(1, FEW))
def test_every_tree_is_proved_to_begin_with_every_older_one(new: int) -> None:
    root = mth(LEAVES[:new])
    for old in range(1, new + 1):
        proof = hashes(consistency_spans(old, new))
        assert proof == subproof(old, LEAVES[:new])
        assert verify_consistency(old, mth(LEAVES[:old]), new, root, proof)
        assert not verify_consistency(old, mth(LEAVES[1 : old + 1]), new, root, proof)


@given(st.data())
def test_larger_trees(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(LEAVES)))
    old, index = data.draw(st.integers(1, new)), data.draw(st.integers(0, new - 1))
    root, old_root = merkle.root_of(LEAVES[:new]), merkle.root_of(LEAVES[:old])
    assert verify_inclusion(LEAVES[index], index, new, hashes(inclusion_spans(index, new)), root)
    assert verify_consistency(old, old_root, new, root, hashes(consistency_spans(old, new)))


@given(st.data())
def test_a_proof_with_anything_changed_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 600))
    old, index = data.draw(st.integers(1, size - 1)), data.draw(st.integers(0, size - 1))
    root, old_root = merkle.root_of(LEAVES[:size]), merkle.root_of(LEAVES[:old])
    inclusion, consistency = hashes(inclusion_spans(index, size)), hashes(consistency_spans(old, size))
    change = data.draw(st.sampled_from(["flip", "drop", "double", "shorten", "lengthen"]))
    assert not verify_inclusion(LEAVES[index], index, size, _changed(inclusion, change, data), root)
    assert not verify_consistency(old, old_root, size, root, _changed(consistency, change, data))


def _changed(proof: list[bytes], change: str, data: st.DataObject) -> list[bytes]:
    at = data.draw(st.integers(0, len(proof) - 1))
    digest = proof[at]
    bit = data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(digest, "big") ^ 1 << bit).to_bytes(32, "big")
    put = {
        "flip": [flipped],
        "drop": [],
        "double": [digest] * 2,
        "shorten": [digest[:-1]],
        "lengthen": [digest + b"\0"],
    }
    return [*proof[:at], *put[change], *proof[at + 1 :]]


@given(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70), st.lists(st.binary(max_size=33), max_size=70))
def test_no_proof_raises(one: int, other: int, proof: list[bytes]) -> None:
    """Sizes that no ledger will ever have, and whatever somebody sends for hashes."""
    assert not verify_inclusion(LEAVES[0], one, other, proof, LEAVES[1])
    assert not verify_consistency(one, LEAVES[0], other, LEAVES[1], proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (5, 4)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} leaves has no leaf {index}"):
        inclusion_spans(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 1), (2, 1), (-1, 1)])
def test_no_proof_is_made_of_a_tree_that_is_not_older(old: int, new: int) -> None:
    with pytest.raises(ValueError, match=f"{new} leaves begins with one of {old}"):
        consistency_spans(old, new)


LENIENT = {"consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"}
"""Wants success for roots of 12 bytes: no SHA-256 hash has that many."""


def _vectors(kind: str) -> list[Any]:
    files = sorted((VECTORS / "testdata" / kind).rglob("*.json"))
    return [pytest.param(file, id=str(file.relative_to(VECTORS / "testdata" / kind))) for file in files]


def _read(file: Path) -> tuple[dict[str, Any], list[bytes]]:
    vector = json.loads(file.read_text())
    return vector, [base64.b64decode(digest) for digest in vector["proof"] or []]


@pytest.mark.parametrize("file", _vectors("inclusion"))
def test_public_inclusion_proofs(file: Path) -> None:
    vector, proof = _read(file)
    leaf_hash, root = (base64.b64decode(vector[name] or "") for name in ("leafHash", "root"))
    assert verify_inclusion(leaf_hash, vector["leafIdx"], vector["treeSize"], proof, root) != vector["wantErr"]


@pytest.mark.parametrize("file", _vectors("consistency"))
def test_public_consistency_proofs(file: Path) -> None:
    vector, proof = _read(file)
    old_root, new_root = (base64.b64decode(vector[name] or "") for name in ("root1", "root2"))
    expected = not vector["wantErr"] and str(file.relative_to(VECTORS / "testdata")) not in LENIENT
    assert verify_consistency(vector["size1"], old_root, vector["size2"], new_root, proof) == expected


@pytest.mark.skipif(not VECTORS.exists(), reason="the public vectors are not here")
def test_the_reference_tree() -> None:
    tree = json.loads((VECTORS / "reference_tree.json").read_text())
    leaves = [sha256(b"\x00" + bytes.fromhex(text)).digest() for text in tree["leaf_inputs_hex"]]
    assert merkle.EMPTY_ROOT.hex() == tree["empty_root"]
    assert [merkle.root_of(leaves[:size]).hex() for size in range(1, 9)] == tree["roots_for_size_1_to_8"]
    levels: list[list[bytes]] = [[] for _ in range(4)]
    frontier = Frontier()
    for digest in leaves:
        for level, completed in enumerate([digest, *frontier.append(digest)]):
            levels[level].append(completed)
    assert [[digest.hex() for digest in level] for level in levels] == tree["node_hashes_by_level"]
    children = tree["extra_hash_children"]
    left, right = (bytes.fromhex(children[side]) for side in ("left", "right"))
    assert merkle.node(left, right).hex() == children["hash"]
