"""The routes: POST /v1/ingest, GET /v1/events, GET /v1/reputation/:agentId, GET and POST /v1/agents, GET /health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer, Ingest, Intake, Read, Request
from affidavit.dialects.payload import payload_of
from affidavit.dialects.pecta import signature
from affidavit.dialects.pecta.listing import query_of
from affidavit.dialects.pecta.translate import drafts_of, project, row_of
from affidavit.dialects.pecta.wire import NAME, REGISTRATION, events_of, registered
from affidavit.errors import StoreError
from affidavit.model.draft import Draft, as_sent, storable
from affidavit.model.query import Query
from affidavit.model.reading import Reading

INGEST: Final = "ingest"
READ: Final = "read"
ALGORITHM: Final = "pecta/1"
MAX_AGENTS: Final = 500
"""Agents in one list."""


def ingest(request: Request) -> Intake:
    """POST /v1/ingest: 1 to 100 evaluations -> 202, and where each of their agents stands now."""
    signature.check(request)
    events = events_of(canonical.parse(request.body))
    drafts = drafts_of(events)
    sent = {draft.projection.agent: event["agent_id"] for draft, event in zip(drafts, events, strict=True)}

    def answer(entries: Sequence[Entry], reading: Reading) -> Answer:
        newest = {entry.agent: entry for entry in entries}  # in order of first appearance
        updates = [
            {"agent_id": sent[agent], **_values(entry, reading, "score", "status")} for agent, entry in newest.items()
        ]
        return _json(202, {"accepted": len(entries), "reputation_updates": updates})

    return Intake(drafts, answer)


def _values(entry: Entry, reading: Reading, *names: str) -> dict[str, Any]:
    """Members of the reputation of an entry's agent, as it was when the entry was recorded."""
    values = reading.score(ALGORITHM, NAME, entry.agent or "", upto=entry).values
    return {name: values[name] for name in names}


def register(request: Request) -> Intake:
    """POST /v1/agents: 201, whether or not the agent was known."""
    signature.check(request)
    body = canonical.parse(request.body)
    name, agent = registered(body)
    draft = Draft(payload_of(body, "the registration"), project(body))
    return Intake([draft], lambda _, __: _json(201, {name: agent, "ok": True}))


def _only_once(_: Request, intake: Intake, reading: Reading) -> Intake:
    """Nothing is recorded for an agent that was registered or evaluated before."""
    agent = intake.drafts[0].projection.agent
    known = reading.find(Query(NAME, agent=agent, limit=1, counted=False)).entries
    return Intake([], intake.answer) if known else intake


def list_events(request: Request, reading: Reading) -> Answer:
    """GET /v1/events: a page of evaluations, newest first. `count` is the length of this page."""
    query = query_of(request.query)
    entries = reading.find(query).entries
    scores = reading.scores(ALGORITHM, entries)
    rows = [row_of(entry, score.values["score"]) for entry, score in zip(entries, scores, strict=True)]
    return _json(200, {"events": rows, "limit": query.limit, "offset": query.offset, "count": len(rows)})


_REPUTATION: Final = ("score", "evaluations", "passed", "pass_rate", "avg_latency_ms", "streak", "status")


def reputation(request: Request, reading: Reading) -> Answer:
    """GET /v1/reputation/:agentId: always 200; of an agent that nobody has seen it is all zeros and "new"."""
    agent = request.parameters["agentId"]
    values = reading.score(ALGORITHM, NAME, storable(agent)).values
    return _json(200, {"agent_id": agent, **{name: values[name] for name in _REPUTATION}})


def list_agents(_: Request, reading: Reading) -> Answer:
    """GET /v1/agents: at most 500, last seen first. Being registered is a way to be seen, but no evaluation."""
    agents = reading.groups(NAME, "agent")
    agents.sort(key=lambda agent: (-agent.last, agent.name))
    registrations = Counter(entry.agent for entry in reading.scan(Query(NAME, types=(REGISTRATION,), counted=False)))
    return _json(200, {
        "agents": [
            {
                "agent_id": as_sent(agent.name),
                "first_seen": instants.text(agent.first),
                "last_seen": instants.text(agent.last),
                "eval_count": agent.entries - registrations[agent.name],
            }
            for agent in agents[:MAX_AGENTS]
        ]
    })  # fmt: skip


def health(_: Request, reading: Reading) -> Answer:
    """GET /health, for which no key is asked: 200, or 503 when the store does not answer."""
    try:
        reading.ping()
    except StoreError:
        return _json(503, {"status": "degraded"})
    return _json(200, {"status": "ok"})


def _json(status: int, value: Any) -> Answer:
    return Answer(status, canonical.write(value))


INGESTS: Final = (
    Ingest("/v1/ingest", INGEST, ingest, asks=True),
    Ingest("/v1/agents", INGEST, register, check=_only_once, alone="workspace"),
)
READS: Final = (
    Read("/v1/events", READ, list_events),
    Read("/v1/reputation/{agentId}", READ, reputation),
    Read("/v1/agents", READ, list_agents),
    Read("/health", None, health),
)
