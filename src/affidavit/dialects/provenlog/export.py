"""GET /v1/export: events, each with the proof that it is in the ledger's tree. Source: the vendor's page "Export"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.dialects.contract import Answer, Request
from affidavit.dialects.provenlog.filters import EXPORT_FILTERS, export_query
from affidavit.dialects.provenlog.translate import read_back
from affidavit.errors import InvalidBody
from affidavit.model.query import Query
from affidavit.model.reading import Reading

VERSION: Final = "1.0"
MAX_EXPORT_EVENTS: Final = 20_000
MAX_EXPORT_BYTES: Final = 32 << 20
"""Bytes of all events of an export; their proofs come on top, 2 KB each at most."""


def export(request: Request, reading: Reading) -> Answer:
    """Events in the order of the ledger, every agent's in that of its chain, with proofs towards one root.

    Whoever has the file needs nothing else: an event's `hash` is its proof's `leaf_hash`.
    """
    found = _found(export_query(request.query), reading)
    root, size = reading.root()  # after the events, so that it has them all
    entries = [entry for entry, _ in found]
    proofs = reading.inclusion(entries, size)
    head = canonical.write({
        "version": VERSION,
        "exported_at": instants.micros_text(request.at),
        "filter": {name: request.query.get(name) or None for name in EXPORT_FILTERS},
        "merkle_root": root.hex(),
        "tree_size": size,
    })  # fmt: skip
    events = b",".join([event for _, event in found])
    shown = b",".join([_proof(entry, proof, size) for entry, proof in zip(entries, proofs, strict=True)])
    return Answer(200, b'%b,"events":[%b],"merkle_proofs":[%b]}' % (head[:-1], events, shown))


def _found(query: Query, reading: Reading) -> list[tuple[Entry, bytes]]:
    """The entries asked for, and how they are shown, in position order. Raises InvalidBody where they are too many."""
    found: list[tuple[Entry, bytes]] = []
    size = 0
    for entry in reading.scan(query):
        event = read_back(entry)
        size += len(event)
        if len(found) == MAX_EXPORT_EVENTS or size > MAX_EXPORT_BYTES:
            raise InvalidBody(
                f"an export holds at most {MAX_EXPORT_EVENTS} events and {MAX_EXPORT_BYTES >> 20} MiB of them: ask for "
                "less with agent_id, since and until, and for the rest with further requests"
            )
        found.append((entry, event))
    found.sort(key=lambda pair: pair[0].position)
    return found


def _proof(entry: Entry, siblings: Sequence[bytes], size: int) -> bytes:
    return canonical.write({
        "event_id": uuid_text(entry.id),
        "proof": {
            "leaf_hash": entry.hash.hex(),
            "leaf_index": entry.position,
            "siblings": [sibling.hex() for sibling in siblings],
            "tree_size": size,
        },
    })  # fmt: skip
