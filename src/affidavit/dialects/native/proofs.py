"""The routes that prove: an entry under the checkpoint, one checkpoint after another, and where a chain ended."""

from __future__ import annotations

from typing import Any, Final

from affidavit.core import canonical
from affidavit.dialects.contract import Answer, Read, Request
from affidavit.dialects.native.ledger import CHANGES, EVIDENCE, TEXT
from affidavit.dialects.native.routes import chain_named, entry_named
from affidavit.dialects.native.shown import entry_json
from affidavit.dialects.parameters import whole_number
from affidavit.errors import InvalidBody, Unavailable
from affidavit.model.reading import Reading

_MOST: Final = (1 << 63) - 1


def prove_entry(request: Request, reading: Reading) -> Answer:
    """GET /v1/affidavit/entries/{id}/proof: that it is under the newest checkpoint, as text (C2SP tlog-proof)."""
    proof = reading.proofs.inclusion(entry_named(request.parameters["id"], reading))
    if proof is None:
        raise Unavailable("this entry is not under a checkpoint yet: ask again in a second")
    return Answer(200, proof, (TEXT, CHANGES))


def prove_consistency(request: Request, reading: Reading) -> Answer:
    """GET /v1/affidavit/consistency: that the ledger of `to` entries begins with that of `from` entries."""
    old = whole_number(request.query, "from", 0, 1, _MOST)
    newest = reading.proofs.checkpoint()
    most = 0 if newest is None else newest.size
    new = whole_number(request.query, "to", most, 1, _MOST)
    if not old:
        raise InvalidBody("from is required: the size of an earlier checkpoint, in entries")
    if not old <= new <= most:
        raise InvalidBody(f"from and to must be sizes up to that of the newest checkpoint, {most}, in this order")
    later = reading.proofs.checkpoint(new)
    return _json({
        "from": old,
        "to": new,
        "hashes": [digest.hex() for digest in reading.proofs.consistency(old, new)],
        "checkpoint": None if later is None else later.note.decode(),
    })  # fmt: skip


def show_heads(request: Request, reading: Reading) -> Answer:
    """GET /v1/affidavit/heads: the ledger's newest word on where all chains ended, and the place of one in it."""
    wanted = request.query.get("chain", "")
    chain = chain_named(wanted, reading)[1].id if wanted else None
    heads = reading.proofs.heads(chain)
    if heads is None or (chain is not None and heads.place is None):
        raise Unavailable("no heads are recorded yet that cover this: ask again in some seconds", retry_after=10)
    shown = {
        "proof": heads.proof.decode(),
        "place": heads.place
        and {
            "index": heads.place.index,
            "leaf": heads.place.leaf.decode(),
            "hashes": [digest.hex() for digest in heads.place.hashes],
        },
    }
    return Answer(200, canonical.write(shown)[:-1] + b',"entry":%b}' % entry_json(heads.entry), (CHANGES,))


def _json(value: Any) -> Answer:
    return Answer(200, canonical.write(value), (CHANGES,))


READS: Final = (
    Read("/v1/affidavit/entries/{id}/proof", EVIDENCE, prove_entry),
    Read("/v1/affidavit/consistency", EVIDENCE, prove_consistency),
    Read("/v1/affidavit/heads", EVIDENCE, show_heads),
)
