"""Credentials and refusals, in the vendor's words: `{"error": "<message>", "code": "<code>", "status": 401}`.

Source: https://docs.pecta.ai, pages "Authenticate your requests" and "Pecta REST API"; codes for what is not there
are ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from affidavit.core import canonical
from affidavit.dialects.contract import Answer
from affidavit.dialects.envelope import bearer, refusal_headers
from affidavit.dialects.pecta.signature import BadSignature
from affidavit.errors import CredentialFault, InvalidJson, Refused, Unauthenticated

KEY_PREFIX: Final = "pk_live_"
SECRET_PREFIX: Final = "sk_live_"
_KEY: Final = re.compile(f"(?:{KEY_PREFIX}|{SECRET_PREFIX})[A-Za-z0-9_-]{{32}}")
_FAULTS: Final[Mapping[CredentialFault, str]] = {
    "missing": "auth_missing",
    "malformed": "auth_format",
    "unknown": "auth_invalid",
    "revoked": "auth_revoked",
    "expired": "auth_revoked",
}
_CODES: Final[Mapping[int, str]] = {
    400: "validation_error",
    401: "auth_invalid",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_encoding",
    422: "idempotency_key_reused",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
}
"""Status -> code, where the status says all."""


def credential(headers: Mapping[str, str]) -> str:
    """`Authorization: Bearer <key>` -> the key. Raises Unauthenticated."""
    try:
        token = bearer(headers, KEY_PREFIX)
    except Unauthenticated as fault:  # to the vendor a header that holds no token is as good as none
        raise Unauthenticated("missing", str(fault)) from None
    if not _KEY.fullmatch(token):
        raise Unauthenticated("malformed", "this is no Pecta API key: one is pk_live_ and 32 characters")
    return token


def refuse(refused: Refused) -> Answer:
    """Every refusal has the same three members, under its own status."""
    body = {"error": str(refused), "code": _code(refused), "status": refused.status}
    return Answer(refused.status, canonical.write(body), refusal_headers(refused))


def _code(refused: Refused) -> str:
    if isinstance(refused, BadSignature):
        return refused.code
    if isinstance(refused, Unauthenticated):
        return _FAULTS[refused.fault]
    if isinstance(refused, InvalidJson):
        return "bad_json"
    return _CODES.get(refused.status, "error")
