"""The credential coming in, the refusal going out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from affidavit.core import canonical
from affidavit.dialects.contract import Answer
from affidavit.dialects.envelope import bearer, refusal_headers
from affidavit.errors import Refused

KEY_PREFIX: Final = "aff_"


def credential(headers: Mapping[str, str]) -> str:
    """`Authorization: Bearer <key>` -> the key. Raises Unauthenticated."""
    return bearer(headers, KEY_PREFIX)


def refuse(refused: Refused) -> Answer:
    """`{"error": "<what is wrong and what to do>", "status": <status>}`."""
    body = canonical.write({"error": str(refused), "status": refused.status})
    return Answer(refused.status, body, refusal_headers(refused))
