"""What the ledger publishes: its checkpoint, its tiles, its keys. The tiles give the root that was signed."""

from __future__ import annotations

import json
from typing import Final

import pytest

from affidavit.core.checkpoint import TreeHead, open_checkpoint
from affidavit.core.entry import entry_hash
from affidavit.core.merkle import HASH_BYTES, root_of
from affidavit.core.rotation import follow
from affidavit.core.signing import verifier_key
from affidavit.core.tiles import ENTRIES, TILE_WIDTH, Tile, decode_entries, tiles_of
from affidavit.ledger.handovers import handing_over
from affidavit.ledger.signer import Signer
from tests.committing import commit
from tests.dialects.native.conftest import NOON, Client, draft
from tests.proving import ORIGIN, RECEIPTS, SIGNER

TEXT: Final = "text/plain; charset=utf-8"


def opened(client: Client) -> TreeHead:
    """What the checkpoint that is shown says, once its signature held."""
    answer = client.ask("/ledger/checkpoint")
    assert dict(answer.headers) == {"Content-Type": TEXT, "Cache-Control": "no-cache"}
    return open_checkpoint(answer.body, [SIGNER.verifier_key]).head


def tile(client: Client, wanted: Tile) -> bytes:
    """A tile that must be there."""
    answer = client.ask(f"/ledger/{wanted.path}")
    assert answer.status == 200, answer.body
    assert dict(answer.headers)["Content-Type"] == "application/octet-stream"
    return answer.body


def split(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def test_an_empty_ledger_has_nothing_to_show(client: Client) -> None:
    status, words = client.refused("/ledger/checkpoint")
    assert (status, "first entry" in words) == (404, True)
    assert client.refused("/ledger/tile/0/000.p/1")[0] == 404


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_the_tiles_give_the_signed_root(client: Client, size: int) -> None:
    entries = client.record(*(draft(n=number) for number in range(size)))
    client.seal()
    head = opened(client)
    assert (head.origin, head.size) == (ORIGIN, size)
    leaves = [leaf for each in tiles_of(0, size) for leaf in split(tile(client, each))]
    assert root_of(leaves) == head.root
    headers = [header for each in tiles_of(ENTRIES, size) for header in decode_entries(tile(client, each))]
    assert headers == [entry.header for entry in entries]
    assert list(map(entry_hash, headers)) == leaves
    above = [node for each in tiles_of(1, size) for node in split(tile(client, each))]
    assert above == [root_of(leaves[at : at + TILE_WIDTH]) for at in range(0, size - TILE_WIDTH + 1, TILE_WIDTH)]


def test_what_is_not_under_the_checkpoint_is_not_shown(client: Client) -> None:
    client.record(*(draft(n=number) for number in range(3)))
    client.seal()
    client.record(*(draft(n=number) for number in range(300)))
    assert opened(client).size == 3
    assert len(tile(client, Tile(0, 0, 3))) == 3 * HASH_BYTES
    assert len(decode_entries(tile(client, Tile(ENTRIES, 0, 2)))) == 2
    for beyond in ("0/000", "0/000.p/4", "entries/000", "entries/000.p/4", "1/000.p/1", "0/001"):
        status, words = client.refused(f"/ledger/tile/{beyond}")
        assert (status, beyond in words) == (404, True)
    client.seal()
    assert len(tile(client, Tile(0, 0))) == TILE_WIDTH * HASH_BYTES
    assert len(tile(client, Tile(0, 0, 3))) == 3 * HASH_BYTES  # as whoever holds the older checkpoint knows it


def test_full_tiles_are_kept_by_caches(client: Client) -> None:
    client.record(*(draft(n=number) for number in range(257)))
    client.seal()
    for path, kept in (("0/000", "max-age=31536000, immutable"), ("0/001.p/1", "max-age=60")):
        assert dict(client.ask(f"/ledger/tile/{path}").headers)["Cache-Control"] == kept


@pytest.mark.parametrize(
    "path",
    ["0/000.p/0", "0/000.p/256", "0/0", "0/x000/000", "00/000", "64/000", "-1/000", "entries", "0/000/", "é/000",
     "0/x999/x999/x999/x999/x999/x999/999", "9" * 5_000, "payloads/000", "0/000.p/1/", "0/000.p/01", "../checkpoint"],
)  # fmt: skip
def test_what_names_no_tile(client: Client, path: str) -> None:
    client.record(*(draft(n=number) for number in range(2)))
    client.seal()
    assert client.refused(f"/ledger/tile/{path}")[0] == 404


def test_no_payload_is_in_any_tile(client: Client) -> None:
    client.record(*(draft(secret="hush") for _ in range(300)))
    client.seal()
    for each in (Tile(ENTRIES, 0), Tile(ENTRIES, 1, 44), Tile(0, 0)):
        assert b"hush" not in tile(client, each)


def test_the_keys(client: Client) -> None:
    answer = client.ask("/ledger/key")
    assert (answer.body, dict(answer.headers)["Content-Type"]) == (f"{SIGNER.verifier_key}\n".encode(), TEXT)
    assert client.get("/ledger/keys") == {
        "origin": ORIGIN,
        "signer": str(SIGNER.verifier_key),
        "receipts": str(RECEIPTS.verifier_key),
        "rotations": [],
    }


def test_rotations_lead_from_one_key_to_the_next(client: Client) -> None:
    first, second = (Signer(ORIGIN, bytes([number]) * 32) for number in (1, 2))
    for old, new in ((first, second), (second, SIGNER)):
        commit(client.sequencer, handing_over(old, new.verifier_key, NOON))
    shown = client.get("/ledger/keys")
    trusted = verifier_key(ORIGIN, first.seed)
    notes = [note.encode() for note in shown["rotations"]]
    assert str(follow(trusted, notes)[-1]) == shown["signer"] == json.loads(json.dumps(str(SIGNER.verifier_key)))


def test_witnesses_lines_stand_under_the_checkpoint(client: Client) -> None:
    client.record(draft())
    size = client.seal().size
    line = "— witness.example 52ARPQAAAABqsTuAdiwD0WzHNb0rQQlucFMZRa4aCpIZHGs1lSIpslNlbXxN24pXGfyLCKaRY0vucbszM0iPQyl8125gUU3fV5QXCg==\n"  # noqa: E501
    client.store.add_cosignature(size, "witness.example", line, NOON)
    assert client.ask("/ledger/checkpoint").body.decode().endswith(f"=\n{line}")
