"""GET /api/analytics/costs and /api/analytics/llm: what was spent, by whom, on what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from affidavit.core import canonical
from affidavit.dialects.agentlens.analytics import asked_for, entries_of
from affidavit.dialects.agentlens.spans import bucket_of
from affidavit.dialects.agentlens.usage import USAGE_TYPES, Mean, Usage, plain
from affidavit.dialects.contract import Answer, Request
from affidavit.model.draft import as_sent
from affidavit.model.reading import Reading

_TOOL_TYPES = ("tool_call", "tool_response", "tool_error")
_Name = TypeVar("_Name")


class _Spending(msgspec.Struct):
    """Everything that was spent in a span, by each of its words."""

    total: Usage = msgspec.field(default_factory=Usage)
    agents: dict[str | None, Usage] = msgspec.field(default_factory=dict)
    models: dict[str | None, Usage] = msgspec.field(default_factory=dict)
    sessions: dict[str | None, Usage] = msgspec.field(default_factory=dict)
    tools: dict[str | None, Usage] = msgspec.field(default_factory=dict)
    buckets: dict[str, dict[str | None, Usage]] = msgspec.field(default_factory=dict)


def costs(request: Request, reading: Reading) -> Answer:
    """GET /api/analytics/costs: by agent, model, session and tool, and over time, by default by the day."""
    bucket, query = bucket_of(request.query, "day"), asked_for(request)
    spent = _Spending()
    for entry in entries_of(query, reading, *USAGE_TYPES, *_TOOL_TYPES):
        sent = canonical.parse(entry.payload)["payload"]
        if entry.type in _TOOL_TYPES:
            _of(spent.tools, sent["toolName"]).add(sent)
            continue
        agent, session = as_sent(entry.agent or ""), as_sent(entry.session or "")
        over_time = spent.buckets.setdefault(bucket(entry.time), {})
        for usage in (
            spent.total,
            _of(spent.agents, agent),
            _of(spent.models, sent.get("model")),
            _of(spent.sessions, session),
            _of(over_time, agent),
        ):
            usage.add(sent)
    body = {
        "byAgent": [_agent(name, usage) for name, usage in _dearest(spent.agents)],
        "byModel": [_row("model", name, usage) for name, usage in _dearest(spent.models)],
        "bySession": [_row("sessionId", name, usage) for name, usage in _dearest(spent.sessions)],
        "byTool": [_row("toolName", name, usage) for name, usage in _dearest(spent.tools)],
        "overTime": [_moment(name, agents) for name, agents in spent.buckets.items()],
        "totals": {"totalCostUsd": plain(spent.total.cost), **_tokens(spent.total)},
    }
    return Answer(200, canonical.write(body))


def _of(usages: dict[_Name, Usage], name: _Name) -> Usage:
    return usages.setdefault(name, Usage())


def _dearest(usages: Mapping[str | None, Usage]) -> list[tuple[str | None, Usage]]:
    """What cost most first; where nothing differs, the last name first, as the vendor's database has it."""
    return sorted(usages.items(), key=lambda each: (each[1].cost, each[0] or ""), reverse=True)


def _row(kind: str, name: str | None, usage: Usage) -> dict[str, Any]:
    return {kind: name, "totalCostUsd": plain(usage.cost), "eventCount": usage.events}


def _agent(name: str | None, usage: Usage) -> dict[str, Any]:
    return {
        "agentId": name,
        "totalCostUsd": plain(usage.cost),
        **_tokens(usage),
        "cacheReadTokens": plain(usage.cache_read),
        "cacheWriteTokens": plain(usage.cache_write),
        "eventCount": usage.events,
    }


def _tokens(usage: Usage) -> dict[str, Any]:
    return {
        "totalInputTokens": plain(usage.input),
        "totalOutputTokens": plain(usage.output),
        "totalTokens": plain(usage.total),
    }


def _moment(bucket: str, agents: Mapping[str | None, Usage]) -> dict[str, Any]:
    return {
        "bucket": bucket,
        "totalCostUsd": plain(sum(usage.cost for usage in agents.values())),
        "eventCount": sum(usage.events for usage in agents.values()),
        "byAgent": {name: plain(usage.cost) for name, usage in agents.items()},
    }


class _Calls(msgspec.Struct):
    """Some responses of models."""

    usage: Usage = msgspec.field(default_factory=Usage)
    latency: Mean = msgspec.field(default_factory=Mean)

    def add(self, sent: Mapping[str, Any]) -> None:
        """Count a response."""
        self.usage.add(sent)
        self.latency.add(sent["latencyMs"])

    def row(self) -> dict[str, Any]:
        """The vendor's names."""
        return {
            "calls": self.usage.events,
            "costUsd": plain(self.usage.cost),
            "inputTokens": plain(self.usage.input),
            "outputTokens": plain(self.usage.output),
            "avgLatencyMs": self.latency.value,
        }


def llm(request: Request, reading: Reading) -> Answer:
    """GET /api/analytics/llm: calls of models, in all, by model and over time; `model` and `provider` choose."""
    bucket, query = bucket_of(request.query, "hour"), asked_for(request)
    model, provider = request.query.get("model"), request.query.get("provider")
    total, models, buckets = _Calls(), dict[tuple[str | None, str | None], _Calls](), dict[str, _Calls]()
    for entry in entries_of(query, reading, "llm_response"):
        sent = canonical.parse(entry.payload)["payload"]
        used = sent.get("provider"), sent.get("model")
        if (provider and used[0] != provider) or (model and used[1] != model):
            continue
        for calls in (total, models.setdefault(used, _Calls()), buckets.setdefault(bucket(entry.time), _Calls())):
            calls.add(sent)
    dearest = sorted(models.items(), key=lambda each: (-each[1].usage.cost, each[0][0] or "", each[0][1] or ""))
    body = {
        "summary": _summary(total),
        "byModel": [{"provider": used[0], "model": used[1], **calls.row()} for used, calls in dearest],
        "byTime": [{"bucket": name, **calls.row()} for name, calls in buckets.items()],
    }
    return Answer(200, canonical.write(body))


def _summary(total: _Calls) -> dict[str, Any]:
    calls, cost = total.usage.events, total.usage.cost
    return {
        "totalCalls": calls,
        "totalCostUsd": plain(cost),
        "totalInputTokens": plain(total.usage.input),
        "totalOutputTokens": plain(total.usage.output),
        "avgLatencyMs": total.latency.value,
        "avgCostPerCall": plain(cost / calls) if calls else 0,
    }
