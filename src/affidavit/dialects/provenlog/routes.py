"""ProvenLog's routes. Source: https://docs.provenlog.com, API reference: Ingest, Query, Integrity, Export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from affidavit.core import canonical, ids, instants
from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer, Ingest, Intake, Read, Request
from affidavit.dialects.provenlog.export import export
from affidavit.dialects.provenlog.filters import events_query, search_query
from affidavit.dialects.provenlog.translate import Accepted, accept, read_back, shown
from affidavit.dialects.provenlog.wire import MAX_BATCH_EVENTS, NAME
from affidavit.errors import InvalidBody, NotFound, Refused
from affidavit.model.draft import as_sent, storable
from affidavit.model.query import ChainReport, Query
from affidavit.model.reading import Reading

WRITE, READ = "events:write", "events:read"


def ingest_event(request: Request) -> Intake:
    """POST /v1/events: one event -> 201 and the whole stored event."""
    value = canonical.parse(request.body)
    if isinstance(value, list):
        raise InvalidBody("the body must be one event, a JSON object: send arrays of events to /v1/batch")
    accepted = accept(value)
    return Intake(
        [accepted.draft],
        lambda entries, _: Answer(201, shown(entries[0], accepted.event, accepted.draft.projection.time)),
    )


def ingest_batch(request: Request) -> Intake:
    """POST /v1/batch: an array of events -> 201, or 207 where some were refused, and what became of each."""
    values = canonical.parse(request.body)
    if not isinstance(values, list):
        raise InvalidBody("the body must be a JSON array of events: send a single event to /v1/events")
    if not 1 <= len(values) <= MAX_BATCH_EVENTS:
        raise InvalidBody(f"a batch holds 1 to {MAX_BATCH_EVENTS} events, this one has {len(values)}")
    outcomes = [_outcome(value) for value in values]
    drafts = [outcome.draft for outcome in outcomes if isinstance(outcome, Accepted)]

    def answer(entries: Sequence[Entry], _: Reading) -> Answer:
        recorded = iter(entries)
        results = [
            b'{"index":%d,"event":%b}' % (index, shown(next(recorded), outcome.event, outcome.draft.projection.time))
            if isinstance(outcome, Accepted)
            else b'{"index":%d,"error":%b}' % (index, canonical.write(str(outcome)))
            for index, outcome in enumerate(outcomes)
        ]
        return Answer(201 if len(drafts) == len(outcomes) else 207, _array(results))

    return Intake(drafts, answer)


def _outcome(value: Any) -> Accepted | Refused:
    try:
        return accept(value)
    except Refused as refusal:
        return refusal


def list_events(request: Request, reading: Reading) -> Answer:
    """GET /v1/events: a bare array, newest first."""
    return Answer(200, _array(map(read_back, reading.find(events_query(request.query)).entries)))


def search(request: Request, reading: Reading) -> Answer:
    """GET /v1/search: a bare array of the events that have a text anywhere in what was sent, newest first."""
    return Answer(200, _array(map(read_back, reading.find(search_query(request.query)).entries)))


def get_event(request: Request, reading: Reading) -> Answer:
    """GET /v1/events/{id}: one event, or 404."""
    identity = ids.parse(request.parameters["id"])
    entry = None if identity is None else reading.entry(NAME, identity)
    if entry is None:
        raise NotFound("there is no event with this id: ids are UUIDs, given in the answer to POST /v1/events")
    return Answer(200, read_back(entry))


def verify(request: Request, reading: Reading) -> Answer:
    """GET /v1/verify: the agent's whole chain, re-read and re-hashed now."""
    agent = request.query.get("agent_id")
    if not agent:
        raise InvalidBody("agent_id is required")
    report = reading.verify_chain(NAME, storable(agent))
    if report.valid:
        return _json({"valid": True, "agent_id": agent, "events_verified": report.entries})
    return _json({"valid": False, "agent_id": agent, "error": _fault(report)})


_FAULTS = {
    "hash-mismatch": "hash mismatch",
    "payload-mismatch": "hash mismatch",
    "link-broken": "prev_hash mismatch",
    "sequence-gap": "sequence gap",
    "head-mismatch": "chain does not end",
}
"""Codes of core.verify in the vendor's words, where it has any: its `hash` covers the event's content too."""


def _fault(report: ChainReport) -> str:
    return f"{_FAULTS.get(report.reason, report.reason.replace('-', ' '))} at sequence {report.broken_seq}"


def merkle_root(_: Request, reading: Reading) -> Answer:
    """GET /v1/merkle/root: the tree over the whole ledger, as it is now."""
    root, size = reading.root()
    return _json({"root": root.hex(), "tree_size": size})


def list_agents(request: Request, reading: Reading) -> Answer:
    """GET /v1/agents: every agent with the state of its chain; but those of whom everything was erased."""
    return _json([
        {
            "agent_id": as_sent(chain.key),
            "event_count": chain.head.seq,
            "last_activity": instants.micros_text(chain.head.at),
            "chain_valid": report.valid,
        }
        for chain, report in reading.verify_chains(NAME)
        if not chain.gone
    ])  # fmt: skip


def stats(request: Request, reading: Reading) -> Answer:
    """GET /v1/stats: totals. `chain_health` is the share of chains that are valid, 0.0 to 1.0."""
    chains = reading.verify_chains(NAME)
    yesterday = request.at - instants.DAY
    recent = reading.find(Query(NAME, since=yesterday, until=request.at, limit=1))
    return _json({
        "total_events": sum(chain.head.seq for chain, _ in chains),
        "events_last_24h": recent.total,
        "active_agents": sum(chain.head.at >= yesterday for chain, _ in chains),
        "chain_health": sum(report.valid for _, report in chains) / len(chains) if chains else 1.0,
    })  # fmt: skip


def _json(value: Any) -> Answer:
    return Answer(200, canonical.write(value))


def _array(items: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"


INGESTS = (Ingest("/v1/events", WRITE, ingest_event), Ingest("/v1/batch", WRITE, ingest_batch))
READS = (
    Read("/v1/events", READ, list_events),
    Read("/v1/events/{id}", READ, get_event),
    Read("/v1/search", READ, search),
    Read("/v1/verify", READ, verify),
    Read("/v1/agents", READ, list_agents),
    Read("/v1/stats", READ, stats),
    Read("/v1/merkle/root", READ, merkle_root),
    Read("/v1/export", READ, export),
)
