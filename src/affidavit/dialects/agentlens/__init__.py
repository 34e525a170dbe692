"""AgentLens: the API of agentkitai/agentlens, server 0.21.0. See README.md beside this file."""

from __future__ import annotations

from typing import Final

from affidavit.dialects.agentlens.evidence import evidence
from affidavit.dialects.agentlens.refusals import KEY_PREFIX, credential, decorate, rate_headers, refuse
from affidavit.dialects.agentlens.routes import INGESTS, READ, READS, STREAMS, WRITE
from affidavit.dialects.agentlens.translate import project
from affidavit.dialects.agentlens.wire import NAME
from affidavit.dialects.contract import Dialect

_EXAMPLE: Final = """\
curl -X POST {base}/api/events -H "Authorization: Bearer {key}" -H "Content-Type: application/json" -d '{
  "events": [{
    "sessionId": "sess_01", "agentId": "my-agent", "eventType": "tool_call",
    "payload": {"toolName": "search_database", "callId": "call_01", "arguments": {"query": "user records"}}
  }]
}'"""
"""JSON has braces of its own: fill {base} and {key} in with str.replace, not str.format."""

DIALECT: Final = Dialect(
    name=NAME,
    prefixes=("/api",),
    key_prefix=KEY_PREFIX,
    key_bytes=32,
    scopes=(WRITE, READ),
    credential=credential,
    refuse=refuse,
    decorate=decorate,
    project=project,
    search_path="$.payload",
    example=_EXAMPLE,
    ingests=INGESTS,
    reads=READS,
    evidence=evidence,
    rate_headers=rate_headers,
    streams=STREAMS,
)
