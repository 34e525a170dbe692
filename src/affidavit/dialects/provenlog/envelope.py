"""What surrounds every exchange: the credential coming in, the refusal going out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from affidavit.core import canonical
from affidavit.dialects.contract import Answer
from affidavit.dialects.envelope import bearer, refusal_headers
from affidavit.errors import Refused

KEY_PREFIX: Final = "pl_"


def credential(headers: Mapping[str, str]) -> str:
    """The Bearer token of the Authorization header; raises Unauthenticated."""
    return bearer(headers, KEY_PREFIX)


def refuse(refusal: Refused) -> Answer:
    """Every refusal is `{"error": "<what is wrong>"}` under its own status."""
    return Answer(refusal.status, canonical.write({"error": str(refusal)}), refusal_headers(refusal))
