"""ProvenLog's wire API. README.md says what is spoken, and what was settled where the vendor is silent."""

from __future__ import annotations

from affidavit.dialects.contract import Dialect
from affidavit.dialects.provenlog.envelope import KEY_PREFIX, credential, refuse
from affidavit.dialects.provenlog.evidence import evidence
from affidavit.dialects.provenlog.routes import INGESTS, READ, READS, WRITE
from affidavit.dialects.provenlog.translate import project
from affidavit.dialects.provenlog.wire import NAME

DIALECT = Dialect(
    name=NAME,
    prefixes=("/v1",),
    key_prefix=KEY_PREFIX,
    key_bytes=24,
    scopes=(WRITE, READ),
    credential=credential,
    refuse=refuse,
    project=project,
    search_path="$",
    example="""curl -X POST {base}/v1/events -H "Authorization: Bearer {key}" -H "Content-Type: application/json" \
-d '{"agent_id":"my-agent","action_type":"TOOL_CALL","action_name":"search_database","action_status":"success"}'""",
    ingests=INGESTS,
    reads=READS,
    evidence=evidence,
    agent_chains=True,
)
