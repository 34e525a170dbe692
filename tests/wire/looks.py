"""Every route that reads, with what to ask there. A route that is not here fails tests/wire/test_tenants.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

AGENT = "twin"
"""An agent that both workspaces have."""
SESSION = "550e8400-e29b-41d4-a716-446655440000"
"""A session that both workspaces have."""
SPAN = "from={since}&to={until}"
DAYS = "from=2026-01-01&to=2026-12-31"
"""Trenchcoat's days; what is reported there says that it was in these."""
MOMENT = ("computed_at", "computedAt", "exported_at", "latencyMs", "meta", "verifiedAt", "window")
"""Members that tell when an answer was given."""
TREE = ("root", "merkle_root", "tree_size", "merkle_proofs", "proof", "checkpoint", "entry", "index", "hashes")
"""Members that tell of the ledger's one tree: hashes and the size of all workspaces together, which anyone may know."""


class Look(NamedTuple):
    """Something to ask for. `target`: path and query, `{id}` and the like standing for what only one workspace has.

    shows  whether a workspace with entries is answered otherwise than one without
    """

    target: str
    shows: bool = True


_EVENTS = ("", f"?agentId={AGENT}", f"?sessionId={SESSION}", "?search={word}", "?order=asc&limit=1&offset=1")
_ENTRIES = ("", f"?agent={AGENT}", f"?session={SESSION}", "?text={word}", "?order=asc&limit=2", "?dialect=pecta")


def _looks(path: str, *queries: str) -> tuple[Look, ...]:
    return tuple(Look(path + query) for query in queries or ("",))


LOOKS: Mapping[tuple[str, str], tuple[Look, ...]] = {
    ("affidavit", "/ledger/checkpoint"): (Look("/ledger/checkpoint", shows=False),),
    ("affidavit", "/ledger/key"): (Look("/ledger/key", shows=False),),
    ("affidavit", "/ledger/keys"): (Look("/ledger/keys", shows=False),),
    ("affidavit", "/ledger/tile/{tile}"): (Look("/ledger/tile/entries/000.p/1", shows=False),),
    ("affidavit", "/v1/affidavit/chains"): _looks("/v1/affidavit/chains", "", "?dialect=asn", "?cursor={chain}"),
    ("affidavit", "/v1/affidavit/chains/{id}"): _looks("/v1/affidavit/chains/{chain}"),
    ("affidavit", "/v1/affidavit/consistency"): (Look("/v1/affidavit/consistency?from=1&to=1", shows=False),),
    ("affidavit", "/v1/affidavit/entries"): _looks("/v1/affidavit/entries", *_ENTRIES),
    ("affidavit", "/v1/affidavit/entries/{id}"): _looks("/v1/affidavit/entries/", "{id}", "{ulid}", "{position}"),
    ("affidavit", "/v1/affidavit/entries/{id}/proof"): _looks(
        "/v1/affidavit/entries/", "{id}/proof", "{position}/proof"
    ),
    ("affidavit", "/v1/affidavit/heads"): (
        Look("/v1/affidavit/heads", shows=False),
        Look("/v1/affidavit/heads?chain={chain}"),
    ),
    ("affidavit", "/v1/affidavit/holds"): _looks("/v1/affidavit/holds", "", "?limit=1"),
    ("affidavit", "/v1/affidavit/scores"): _looks("/v1/affidavit/scores", f"?agent={AGENT}", "?agent={asn}"),
    ("agentlens", "/api/agents"): _looks("/api/agents"),
    ("agentlens", "/api/agents/{id}"): _looks(f"/api/agents/{AGENT}"),
    ("agentlens", "/api/analytics"): _looks("/api/analytics", "", f"?{SPAN}", f"?agentId={AGENT}"),
    ("agentlens", "/api/analytics/costs"): _looks("/api/analytics/costs", f"?{SPAN}"),
    ("agentlens", "/api/analytics/llm"): _looks("/api/analytics/llm", f"?{SPAN}"),
    ("agentlens", "/api/analytics/tools"): _looks("/api/analytics/tools", f"?{SPAN}"),
    ("agentlens", "/api/audit/verify"): _looks("/api/audit/verify", f"?sessionId={SESSION}", f"?{SPAN}"),
    ("agentlens", "/api/events"): _looks("/api/events", *_EVENTS),
    ("agentlens", "/api/events/{id}"): _looks("/api/events/", "{id}", "{ulid}"),
    ("agentlens", "/api/health"): (Look("/api/health", shows=False),),
    ("agentlens", "/api/health/overview"): _looks("/api/health/overview"),
    ("agentlens", "/api/server-info"): (Look("/api/server-info", shows=False),),
    ("agentlens", "/api/sessions"): _looks("/api/sessions", "", f"?agentId={AGENT}", "?countOnly=true"),
    ("agentlens", "/api/sessions/{id}"): _looks(f"/api/sessions/{SESSION}"),
    ("agentlens", "/api/sessions/{id}/timeline"): _looks(f"/api/sessions/{SESSION}/timeline"),
    ("agentlens", "/api/stats"): _looks("/api/stats"),
    ("agentlens", "/api/stats/overview"): _looks("/api/stats/overview"),
    ("agentlens", "/api/version"): (Look("/api/version", shows=False),),
    ("asn", "/api/v1/agents/{asn}"): _looks("/api/v1/agents/{asn}"),
    ("asn", "/api/v1/agents/{asn}/activity"): _looks("/api/v1/agents/{asn}/activity", "", "?type=task_completed"),
    ("asn", "/api/v1/agents/{asn}/trust-score"): _looks("/api/v1/agents/{asn}/trust-score"),
    ("asn", "/api/v1/agents/{asn}/trust-score/history"): _looks("/api/v1/agents/{asn}/trust-score/history"),
    ("asn", "/api/v1/verify/{asn}"): _looks("/api/v1/verify/{asn}"),
    ("pecta", "/health"): (Look("/health", shows=False),),
    ("pecta", "/v1/agents"): _looks("/v1/agents"),
    ("pecta", "/v1/events"): _looks("/v1/events", "", f"?agent_id={AGENT}", "?passed=true"),
    ("pecta", "/v1/reputation/{agentId}"): _looks(f"/v1/reputation/{AGENT}"),
    ("provenlog", "/v1/agents"): _looks("/v1/agents"),
    ("provenlog", "/v1/events"): _looks("/v1/events", "", f"?agent_id={AGENT}", "?label.word={word}"),
    ("provenlog", "/v1/events/{id}"): _looks("/v1/events/", "{id}", "{ulid}"),
    ("provenlog", "/v1/export"): _looks("/v1/export", "", f"?agent_id={AGENT}"),
    ("provenlog", "/v1/merkle/root"): (Look("/v1/merkle/root", shows=False),),
    ("provenlog", "/v1/search"): _looks("/v1/search", f"?q={AGENT}", "?q={word}"),
    ("provenlog", "/v1/stats"): _looks("/v1/stats"),
    ("provenlog", "/v1/verify"): _looks("/v1/verify", f"?agent_id={AGENT}"),
    ("trenchcoat", "/api/v1/analytics/overview"): _looks("/api/v1/analytics/overview", f"?{DAYS}"),
    ("trenchcoat", "/api/v1/analytics/tools"): _looks("/api/v1/analytics/tools", f"?{DAYS}"),
    ("trenchcoat", "/api/v1/sessions"): _looks("/api/v1/sessions"),
}
ONE_READ = {
    "affidavit": "/v1/affidavit/entries",
    "agentlens": "/api/events",
    "asn": "/api/v1/agents/ASN-2026-0000-0000-0",
    "pecta": "/v1/agents",
    "provenlog": "/v1/events",
    "trenchcoat": "/api/v1/sessions",
}
"""A read of every dialect; nobody has ASN's agent."""
STREAMS = {("agentlens", "/api/stream")}


def lasting(value: Any) -> Any:
    """An answer without what tells of the moment and of the tree."""
    if isinstance(value, list):
        return [lasting(item) for item in value]
    if isinstance(value, dict):
        return {name: lasting(member) for name, member in value.items() if name not in MOMENT + TREE}
    if isinstance(value, str) and "\n" in value:  # of a note and of a proof, whose they are
        return [line for line in value.split("\n") if line.startswith(("c2sp.org", "index ", "affidavit.local"))]
    return round(value, 2) if isinstance(value, float) else value  # evidence loses weight from moment to moment
