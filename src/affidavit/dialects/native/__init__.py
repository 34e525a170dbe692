"""Affidavit's own routes: entries, chains and scores over all dialects, and all that proves them. See README.md."""

from __future__ import annotations

from typing import Final

from affidavit.dialects.contract import Dialect
from affidavit.dialects.native import bundles, ledger, orders, proofs, routes
from affidavit.dialects.native.refusals import KEY_PREFIX, credential, refuse
from affidavit.model import own

DIALECT: Final = Dialect(
    name=own.DIALECT,
    prefixes=("/v1/affidavit", "/ledger"),
    key_prefix=KEY_PREFIX,
    key_bytes=24,
    scopes=(routes.READ, ledger.EVIDENCE, orders.SEAL, orders.ERASE, orders.HOLD, bundles.LEDGER),
    usual_scopes=(routes.READ, ledger.EVIDENCE),
    credential=credential,
    refuse=refuse,
    project=own.project,
    search_path="$",
    example="""curl "{base}/v1/affidavit/entries?limit=10" -H "Authorization: Bearer {key}\"""",
    ingests=(),
    orders=orders.ORDERS,
    downloads=bundles.DOWNLOADS,
    reads=(*routes.READS, *ledger.READS, *proofs.READS, *orders.READS),
)
