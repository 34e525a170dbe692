"""Trenchcoat: what coding agents do in their sessions, in the form of its page and its plugin's. See README.md."""

from __future__ import annotations

from typing import Final

from affidavit.dialects.contract import Dialect
from affidavit.dialects.trenchcoat.evidence import evidence
from affidavit.dialects.trenchcoat.refusals import KEY_BYTES, KEY_PREFIX, credential, rate_headers, refuse
from affidavit.dialects.trenchcoat.routes import INGESTS, READS, SCOPES
from affidavit.dialects.trenchcoat.translate import project
from affidavit.dialects.trenchcoat.wire import NAME

_EXAMPLE: Final = """\
curl -X POST {base}/api/v1/events -H "X-API-Key: {key}" -H "Content-Type: application/json" -d '{
  "events": [{
    "event_type": "tool_use", "session_id": "550e8400-e29b-41d4-a716-446655440000",
    "timestamp": "2026-01-15T10:30:00Z", "data": {"tool_name": "Read"}
  }]
}'"""
"""JSON has braces of its own: fill {base} and {key} in with str.replace, not str.format."""

DIALECT: Final = Dialect(
    name=NAME,
    prefixes=("/api/v1/events", "/api/v1/sessions", "/api/v1/analytics"),
    key_prefix=KEY_PREFIX,
    key_bytes=KEY_BYTES,
    scopes=SCOPES,
    credential=credential,
    refuse=refuse,
    project=project,
    search_path="$.data",
    example=_EXAMPLE,
    ingests=INGESTS,
    reads=READS,
    evidence=evidence,
    rate_headers=rate_headers,
)
