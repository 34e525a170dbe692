"""The routes under /ledger: what the ledger publishes of itself, in C2SP's formats, and nothing of what was recorded.

Formats: docs/formats/checkpoint.md. What is answered here is alike for all keys.
"""

from __future__ import annotations

from typing import Final

from affidavit.core import canonical
from affidavit.core.tiles import TILE_WIDTH, parse_tile
from affidavit.dialects.contract import Answer, Read, Request
from affidavit.errors import NotFound
from affidavit.model.reading import Reading

EVIDENCE: Final = "evidence"
"""The scope for what proves entries."""
TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")
CHANGES: Final = ("Cache-Control", "no-cache")
_FULL: Final = ("Cache-Control", "max-age=31536000, immutable")
_PARTIAL: Final = ("Cache-Control", "max-age=60")
"""A partial tile does not change either, but is not asked for once it has grown."""
_OCTETS: Final = ("Content-Type", "application/octet-stream")


def show_checkpoint(_: Request, reading: Reading) -> Answer:
    """GET /ledger/checkpoint: the newest, with the lines of the witnesses that have cosigned it so far."""
    newest = reading.proofs.checkpoint()
    if newest is None:
        raise NotFound("this ledger has no checkpoint yet: the first comes with its first entry, within seconds")
    return Answer(200, newest.note, (TEXT, CHANGES))


def show_tile(request: Request, reading: Reading) -> Answer:
    """GET /ledger/tile/...: 256 hashes of a level of the tree, or 256 headers, or as many as there are."""
    tile = parse_tile(f"tile/{request.parameters['tile']}")
    if tile is None:
        raise NotFound("that names no tile: they are tile/<level>/<number>[.p/<width>] and tile/entries/..., see C2SP")
    data = reading.proofs.tile(tile)
    if data is None:
        raise NotFound(
            f"the ledger under its newest checkpoint has no {tile.path}: GET /ledger/checkpoint says its size"
        )
    return Answer(200, data, (_OCTETS, _FULL if tile.width == TILE_WIDTH else _PARTIAL))


def show_key(_: Request, reading: Reading) -> Answer:
    """GET /ledger/key: the verifier key of the ledger's signer, a line of text."""
    return Answer(200, f"{reading.proofs.keys().signer}\n".encode(), (TEXT, CHANGES))


def show_keys(_: Request, reading: Reading) -> Answer:
    """GET /ledger/keys: all keys of the ledger, and how its signers handed over."""
    keys = reading.proofs.keys()
    shown = {
        "origin": keys.origin,
        "signer": keys.signer,
        "receipts": keys.receipts,
        "rotations": list(keys.rotations),
    }
    return Answer(200, canonical.write(shown), (CHANGES,))


READS: Final = (
    Read("/ledger/checkpoint", EVIDENCE, show_checkpoint, is_evidence=True),
    Read("/ledger/tile/{tile}", EVIDENCE, show_tile, is_evidence=True, takes_rest=True),
    Read("/ledger/key", EVIDENCE, show_key, is_evidence=True),
    Read("/ledger/keys", EVIDENCE, show_keys, is_evidence=True),
)
