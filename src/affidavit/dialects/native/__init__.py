"""Affidavit's own reads over all dialects: entries with their hashes, chains, scores. See README.md."""

from __future__ import annotations

from typing import Final

from affidavit.dialects.contract import Dialect
from affidavit.dialects.native.refusals import KEY_PREFIX, credential, refuse
from affidavit.dialects.native.routes import READ, READS
from affidavit.model import own

DIALECT: Final = Dialect(
    name=own.DIALECT,
    prefixes=("/v1/affidavit",),
    key_prefix=KEY_PREFIX,
    key_bytes=24,
    scopes=(READ,),
    credential=credential,
    refuse=refuse,
    project=own.project,
    search_path="$",
    example="""curl "{base}/v1/affidavit/entries?limit=10" -H "Authorization: Bearer {key}\"""",
    ingests=(),
    reads=READS,
)
