"""GET /api/sessions, /api/sessions/:id and its timeline."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, isnan
from typing import Final

import msgspec

from affidavit.core import canonical
from affidavit.dialects.agentlens.extent import extent_of
from affidavit.dialects.agentlens.listing import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET
from affidavit.dialects.agentlens.refusals import BadParameter, NoSuch
from affidavit.dialects.agentlens.session import Life, agent_of, lives_of, session_of
from affidavit.dialects.agentlens.spans import Span, span_of
from affidavit.dialects.agentlens.translate import event_of
from affidavit.dialects.agentlens.wire import NAME, ValidationFailed
from affidavit.dialects.contract import Answer, Request
from affidavit.model.draft import storable
from affidavit.model.query import Group, Query
from affidavit.model.reading import Reading

MAX_TIMELINE_BYTES: Final = 32 << 20
"""Bytes of events in one timeline: it comes in one piece, and whoever asks for more is told to ask for pages."""


class Asked(msgspec.Struct, frozen=True):
    """Which sessions, and which page of them. Empty and None mean "any"."""

    span: Span | None
    agent: str
    statuses: frozenset[str]
    tags: frozenset[str]
    limit: int
    offset: int


def asked(parameters: Mapping[str, str]) -> Asked:
    """What a query string asks for. Raises ValidationFailed for a limit or an offset that is no integer."""
    problems = [(name, problem) for name in ("limit", "offset") if (problem := _problem(parameters.get(name, "0")))]
    if problems:
        raise ValidationFailed(problems)
    limit, offset = _whole(parameters.get("limit", "0")), _whole(parameters.get("offset", "0"))
    tags = parameters.get("tags", "")
    return Asked(
        span_of(parameters),
        storable(parameters.get("agentId", "")),
        frozenset(filter(None, parameters.get("status", "").split(","))),
        frozenset(tags.split(",") if tags else ()),
        max(1, min(limit or DEFAULT_LIMIT, MAX_LIMIT)),
        max(0, min(offset, MAX_OFFSET)),
    )


def _problem(text: str) -> str | None:
    """What is wrong with an integer, in the words of zod 4; what JavaScript's Number takes for one is right."""
    value = _number(text)
    if isnan(value):
        return "Invalid input: expected number, received NaN"
    return None if isfinite(value) and value.is_integer() else "Invalid input: expected int, received number"


def _whole(text: str) -> int:
    return int(_number(text))


def _number(text: str) -> float:
    if not text.strip():
        return 0.0
    try:
        return float(text) if text.isascii() and "_" not in text and "n" not in text.lower() else float("nan")
    except ValueError:
        return float("nan")


def listed(request: Request, reading: Reading) -> Answer:
    """GET /api/sessions: a page of sessions, the last begun first, or how many there are."""
    wanted = asked(request.query)
    found = _matching(wanted, request.at, reading)
    if request.query.get("countOnly") == "true":
        return Answer(200, canonical.write({"count": len(found)}))
    found.sort(key=lambda session: (-session.first, session.name))
    page = found[wanted.offset : wanted.offset + wanted.limit]
    body = {
        "sessions": [session_of(session.name, request.at, reading) for session in page],
        "total": len(found),
        "hasMore": wanted.offset + len(page) < len(found),
    }
    return Answer(200, canonical.write(body))


def _matching(wanted: Asked, at: int, reading: Reading) -> list[Group]:
    """The sessions that are asked for. Of no more than is asked about, more is read than what the index knows."""
    if wanted.span is None:
        return []
    found = begun_in(wanted.span, reading.groups(NAME, "session"))
    if wanted.agent:
        found = _of_agent(found, wanted.agent, reading)
    if wanted.statuses or wanted.tags:
        lives, unknown = lives_of(Query(NAME), reading), Life()
        if wanted.statuses:
            found = [s for s in found if lives.get(s.name, unknown).status_at(at, s.last) in wanted.statuses]
        if wanted.tags:
            found = [s for s in found if not wanted.tags.isdisjoint(lives.get(s.name, unknown).tags[1])]
    return found


def begun_in(span: Span, sessions: list[Group]) -> list[Group]:
    """Those of all sessions whose first event lies in a span."""
    least = float("-inf") if span.since is None else span.since
    most = float("inf") if span.until is None else span.until
    return [session for session in sessions if least <= session.first <= most]


def _of_agent(sessions: list[Group], agent: str, reading: Reading) -> list[Group]:
    """An agent's sessions. A session begins with an event of its agent, so only those are looked at that may have."""
    extent = extent_of(Query(NAME, agent=agent), reading)
    if extent is None:
        return []
    first, last = extent.first.time, extent.last.time
    return [s for s in sessions if first <= s.first <= last and agent_of(s.name, reading) == agent]


def show(request: Request, reading: Reading) -> Answer:
    """GET /api/sessions/:id: one session."""
    session = session_of(storable(request.parameters["id"]), request.at, reading)
    if session is None:
        raise NoSuch("Session")
    return Answer(200, canonical.write(session))


def timeline(request: Request, reading: Reading) -> Answer:
    """GET /api/sessions/:id/timeline: all of its events, the earliest first, and whether its chain holds.

    The chain is read again from its start. `chained`: whether events build on each other, which they always do here.
    """
    name = storable(request.parameters["id"])
    events, size = [], 0
    for entry in reading.scan(Query(NAME, session=name, ascending=True, counted=False)):
        events.append(event_of(entry, reading.workspace.name))
        size += len(events[-1])
        if size > MAX_TIMELINE_BYTES:
            raise BadParameter(
                f"The timeline has more than {MAX_TIMELINE_BYTES >> 20}MB. Read it in pages: GET /api/events?sessionId="
            )
    if not events:
        raise NoSuch("Session")
    valid = b"true" if reading.verify_chain(NAME, name).valid else b"false"
    return Answer(200, b'{"events":[%b],"chainValid":%b,"chained":true}' % (b",".join(events), valid))
