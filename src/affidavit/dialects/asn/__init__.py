"""ASN: activity reports for registered agents, and their trust scores. See README.md beside this file."""

from __future__ import annotations

from typing import Final

from affidavit.dialects.asn.refusals import KEY_PREFIX, credential, rate_headers, refuse
from affidavit.dialects.asn.routes import INGESTS, READ, READS, REPORT, WRITE
from affidavit.dialects.asn.translate import evidence, project
from affidavit.dialects.asn.wire import NAME
from affidavit.dialects.contract import Dialect

DIALECT: Final = Dialect(
    name=NAME,
    prefixes=("/api/v1/activity", "/api/v1/agents", "/api/v1/verify"),
    key_prefix=KEY_PREFIX,
    key_bytes=16,
    scopes=(READ, WRITE, REPORT),
    credential=credential,
    refuse=refuse,
    project=project,
    search_path="$",
    example="""curl -X POST {base}/api/v1/agents -H "Authorization: Bearer {key}" -H "Content-Type: application/json" \
-d '{"name":"my-agent","class":"A"}'""",
    ingests=INGESTS,
    reads=READS,
    evidence=evidence,
    agent_chains=True,
    rate_headers=rate_headers,
)
