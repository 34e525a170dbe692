"""Proofs: of an entry, from one checkpoint to the next, of where a chain ended. Each is verified with core alone."""

from __future__ import annotations

from hashlib import sha256

import pytest

from affidavit.core.checkpoint import open_checkpoint
from affidavit.core.entry import entry_hash
from affidavit.core.ids import ulid_text, uuid_text
from affidavit.core.merkle import root_of, verify_consistency, verify_inclusion
from affidavit.core.proof import parse_proof, verify_proof
from tests.dialects.native.conftest import TWO, Client, draft
from tests.proving import SIGNER

KEYS = [SIGNER.verifier_key]
MOST_PROOF_BYTES = 1_700


def hashes(client: Client) -> list[bytes]:
    """Of all entries."""
    return client.store.hashes(0, client.store.size())


@pytest.mark.parametrize("size", [1, 2, 300])
def test_an_entry_is_proven_by_any_of_its_names(client: Client, size: int) -> None:
    entries = client.record(*(draft(n=number) for number in range(size)))
    client.seal()
    for entry in (entries[0], entries[size // 2], entries[-1]):
        for name in (uuid_text(entry.id), ulid_text(entry.id), entry.position):
            answer = client.ask(f"entries/{name}/proof")
            assert dict(answer.headers)["Content-Type"] == "text/plain; charset=utf-8"
            proof = parse_proof(answer.body)
            assert proof.index == entry.position
            assert verify_proof(proof, entry.hash, KEYS).head.size == size
            assert len(answer.body) <= MOST_PROOF_BYTES


def test_what_is_not_sealed_is_not_proven_yet(client: Client) -> None:
    client.record(draft())
    client.seal()
    (late,) = client.record(draft())
    answer = client.ask(f"entries/{late.position}/proof")
    assert (answer.status, dict(answer.headers)["Retry-After"]) == (503, "1")
    client.seal()
    assert client.ask(f"entries/{late.position}/proof").status == 200


def test_no_proof_of_what_another_workspace_has(clients: tuple[Client, Client]) -> None:
    alice, bob = clients
    (theirs,) = bob.record(draft())
    bob.seal()
    missing = alice.refused("entries/01890a5d-ac96-774b-bcce-b302099a8057/proof")
    assert missing[0] == 404
    for name in (uuid_text(theirs.id), str(theirs.position), "nonsense"):
        assert alice.refused(f"entries/{name}/proof") == missing


def test_one_checkpoint_continues_another(client: Client) -> None:
    sizes = []
    for count in (1, 2, 254, 43):
        client.record(*(draft(n=number) for number in range(count)))
        sizes.append(client.seal().size)
    for old in sizes:
        for new in [size for size in sizes if size >= old]:
            shown = client.get("consistency", **{"from": old, "to": new})
            later = open_checkpoint(shown["checkpoint"].encode(), KEYS).head
            assert (shown["from"], shown["to"], later.size) == (old, new, new)
            proof = [bytes.fromhex(digest) for digest in shown["hashes"]]
            assert verify_consistency(old, root_of(hashes(client)[:old]), new, later.root, proof)
    assert client.get("consistency", **{"from": 1})["to"] == sizes[-1]


def test_sizes_that_nobody_signed_are_proven_too(client: Client) -> None:
    client.record(*(draft(n=number) for number in range(9)))
    client.seal()
    shown = client.get("consistency", **{"from": 5, "to": 7})
    proof = [bytes.fromhex(digest) for digest in shown["hashes"]]
    assert verify_consistency(5, root_of(hashes(client)[:5]), 7, root_of(hashes(client)[:7]), proof)
    assert shown["checkpoint"] is None


@pytest.mark.parametrize(
    "asked", [{}, {"from": 0}, {"from": 4}, {"from": 2, "to": 1}, {"from": 1, "to": 4}, {"from": "x"}, {"from": -1}]
)
def test_sizes_that_there_are_not(client: Client, asked: dict[str, object]) -> None:
    client.record(*(draft(n=number) for number in range(3)))
    client.seal()
    client.record(draft())  # not under a checkpoint
    status, words = client.refused("consistency", **asked)
    assert (status, "from" in words) == (400, True)


def test_an_empty_ledger_continues_nothing(client: Client) -> None:
    assert client.refused("consistency", **{"from": 1})[0] == 400


def test_where_chains_ended(client: Client) -> None:
    for agent in "abcde":
        client.record(*(draft(agent, n=number) for number in range(3)))
    client.record(draft("z", session="s"), dialect=TWO)
    client.seal(heads=True)
    client.record(draft("a"))  # since
    client.seal()
    for chain in client.get("chains")["chains"]:
        shown = client.get("heads", chain=chain["id"])
        entry, place = shown["entry"], shown["place"]
        proof = parse_proof(shown["proof"].encode())
        assert verify_proof(proof, entry_hash(entry["header"].encode()), KEYS).head.size == client.store.size()
        told = entry["payload"]
        assert (told["type"], told["chains"], told["size"]) == ("heads", 6, 16)
        seq = chain["head"]["seq"] - (chain["key"] == "a")
        stood = client.store.scan_chain(bytes.fromhex(chain["id"]), seq - 1, 1)[0]
        assert place["leaf"] == f'{{"chain":"{chain["id"]}","head":"{stood.hash.hex()}","seq":{seq}}}'
        leaf, path = sha256(b"\0" + place["leaf"].encode()).digest(), [bytes.fromhex(each) for each in place["hashes"]]
        assert verify_inclusion(leaf, place["index"], told["chains"], path, bytes.fromhex(told["root"]))


def test_heads_of_no_chain_in_particular(client: Client) -> None:
    client.record(draft())
    client.seal(heads=True)
    assert client.get("heads")["place"] is None


def test_heads_that_are_not_there_yet(client: Client) -> None:
    client.record(draft("a"))
    client.seal()
    assert client.ask("heads").status == 503
    client.seal(heads=True)
    client.record(draft("b"))
    client.seal()
    (chain,) = [chain["id"] for chain in client.get("chains")["chains"] if chain["key"] == "b"]
    assert client.ask("heads", chain=chain).status == 503
    assert client.ask("heads").status == 200


def test_no_place_of_what_another_workspace_has(clients: tuple[Client, Client]) -> None:
    alice, bob = clients
    (theirs,) = bob.record(draft())
    bob.seal(heads=True)
    missing = alice.refused("heads", chain="5a" * 16)
    assert missing[0] == 404
    assert alice.refused("heads", chain=theirs.chain.hex()) == missing
    assert alice.refused("heads", chain="nonsense") == missing
    assert theirs.chain.hex() not in alice.ask("heads").body.decode()
