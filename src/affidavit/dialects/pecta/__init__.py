"""Pecta: evaluations of agents by gates, and the reputation that follows. See README.md beside this file."""

from __future__ import annotations

from typing import Final

from affidavit.dialects.contract import Dialect
from affidavit.dialects.pecta.refusals import KEY_PREFIX, SECRET_PREFIX, credential, refuse
from affidavit.dialects.pecta.routes import INGEST, INGESTS, READ, READS
from affidavit.dialects.pecta.translate import evidence, project
from affidavit.dialects.pecta.wire import NAME

_EXAMPLE: Final = """\
curl -X POST {base}/v1/ingest -H "Authorization: Bearer {key}" -H "Content-Type: application/json" -d '{
  "events": [{
    "agent_id": "my-agent", "tool": "submit_bid", "passed": true, "total_latency_ms": 4,
    "gates": [{"name": "bid_sanity", "passed": true, "latency_ms": 4}]
  }]
}'"""
"""JSON has braces of its own: fill {base} and {key} in with str.replace, not str.format."""

DIALECT: Final = Dialect(
    name=NAME,
    prefixes=("/v1",),
    key_prefix=KEY_PREFIX,
    key_bytes=16,
    scopes=(INGEST, READ),
    credential=credential,
    refuse=refuse,
    project=project,
    search_path="$",
    example=_EXAMPLE,
    ingests=INGESTS,
    reads=READS,
    evidence=evidence,
    agent_chains=True,
    guest_keys=(KEY_PREFIX, SECRET_PREFIX),
    secret_prefix=SECRET_PREFIX,
)
