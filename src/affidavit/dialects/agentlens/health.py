"""GET /api/health/overview: how well each agent did in the last days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from affidavit.core import canonical, instants
from affidavit.dialects.agentlens.extent import count
from affidavit.dialects.agentlens.listing import integer
from affidavit.dialects.agentlens.refusals import BadParameter
from affidavit.dialects.agentlens.session import agent_of, lives_of
from affidavit.dialects.agentlens.sessions import begun_in
from affidavit.dialects.agentlens.spans import Span, asked_instant
from affidavit.dialects.agentlens.usage import USAGE_TYPES, amount
from affidavit.dialects.agentlens.vitals import Dimension, Run, dimensions_of, rounded
from affidavit.dialects.agentlens.wire import ERROR_SEVERITIES, NAME
from affidavit.dialects.contract import Answer, Request
from affidavit.model.draft import as_sent
from affidavit.model.query import Query
from affidavit.model.reading import Reading

DEFAULT_DAYS: Final = 7
MAX_DAYS: Final = 90
USUAL_DAYS: Final = 30
"""What is usual is what was so for this long."""
NOTABLE: Final = 5
"""Points by which a score must have changed for a trend."""


def overview(request: Request, reading: Reading) -> Answer:
    """GET /api/health/overview: every agent that began a session in the last `window` days, the last seen first."""
    at, length = request.at, _window(request.query.get("window", "")) * instants.DAY
    now, before = (at - length, at), (at - 2 * length, at - length)
    runs = runs_since(at - max(2 * length, USUAL_DAYS * instants.DAY), reading)
    scores = []
    for agent in sorted(reading.groups(NAME, "agent"), key=lambda agent: (-agent.last, agent.name)):
        own = runs.get(agent.name, [])
        dimensions = _dimensions(agent.name, own, now, at, reading)
        if dimensions:
            change = _change(dimensions, _dimensions(agent.name, own, before, at, reading))
            scores.append(
                {
                    "agentId": as_sent(agent.name),
                    "overallScore": rounded(_overall(dimensions), 2),
                    "trend": "improving" if change > NOTABLE else "degrading" if change < -NOTABLE else "stable",
                    "trendDelta": change,
                    "dimensions": [dimension.row() for dimension in dimensions],
                    "window": {"from": instants.text(at - length), "to": instants.text(at)},
                    "sessionCount": len(_begun(own, now)),
                    "computedAt": instants.text(at),
                }
            )
    return Answer(200, canonical.write({"agents": scores, "computedAt": instants.text(at)}))


def _window(text: str) -> int:
    days = integer(text) if text else DEFAULT_DAYS
    if days is None or not 1 <= days <= MAX_DAYS:
        raise BadParameter(f"window must be an integer between 1 and {MAX_DAYS}")
    return days


def runs_since(since: int, reading: Reading) -> dict[str | None, list[Run]]:
    """The sessions that began at or after an instant, by agent. Read is what failed, what cost, and what ended."""
    groups = begun_in(Span(since, None), reading.groups(NAME, "session"))
    runs: dict[str | None, Run] = {group.name: Run(group.first) for group in groups}
    query = Query(NAME, since=since, counted=False)
    for failures in (replace(query, severities=ERROR_SEVERITIES), replace(query, types=("tool_error",))):
        for entry in reading.scan(failures):
            if entry.session in runs:
                runs[entry.session].failed = True
    for entry in reading.scan(replace(query, types=USAGE_TYPES)):
        if entry.session in runs:
            runs[entry.session].cost += amount(canonical.parse(entry.payload)["payload"]["costUsd"])
    for name, life in lives_of(query, reading).items():
        ended = asked_instant(life.ended[1] or "")
        if name in runs and ended is not None:
            runs[name].duration = ended // 1000 - runs[name].begun // 1000
            runs[name].completed = life.status[1] == "completed"
    found: dict[str | None, list[Run]] = {}
    for group in groups:
        found.setdefault(agent_of(group.name, reading), []).append(runs[group.name])
    return found


def _begun(runs: Sequence[Run], span: tuple[int, int]) -> list[Run]:
    since, until = span
    return [run for run in runs if since <= run.begun <= until]


def _dimensions(agent: str, runs: Sequence[Run], span: tuple[int, int], at: int, reading: Reading) -> list[Dimension]:
    """Of an agent in a span of time, µs since 1970, both ends inclusive; none where it began no session."""
    begun = _begun(runs, span)
    if not begun:
        return []
    query = Query(NAME, agent=agent, since=span[0], until=span[1])
    failures = count(replace(query, types=("tool_error",)), reading)
    results = failures + count(replace(query, types=("tool_response",)), reading)
    calls = max(count(replace(query, types=("tool_call",)), reading), results)
    usual = _begun(runs, (at - USUAL_DAYS * instants.DAY, span[1]))
    return dimensions_of(begun, usual, calls, failures)


def _overall(dimensions: Sequence[Dimension]) -> float:
    return sum(dimension.points * dimension.weight for dimension in dimensions)


def _change(dimensions: Sequence[Dimension], earlier: Sequence[Dimension]) -> int | float:
    """Points gained since the span before; 0 where there was nothing."""
    return rounded(_overall(dimensions) - _overall(earlier), 2) if earlier else 0
