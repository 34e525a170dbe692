"""Credentials, refusals and headers, in the vendor's words: `{"error": {"code", "message", "details"}}`.

Source: the vendor's page "Events", and recorded answers of its server; codes for what is in neither are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from affidavit.core import canonical
from affidavit.dialects.contract import Answer
from affidavit.dialects.envelope import limit_headers, refusal_headers
from affidavit.dialects.trenchcoat.batch import BAD_REQUEST, INVALID, VALIDATION_ERROR, Rejected
from affidavit.errors import (
    CredentialFault,
    Forbidden,
    InvalidJson,
    MethodNotAllowed,
    RateLimited,
    Refused,
    Unauthenticated,
)
from affidavit.model.rate import Rate

KEY_PREFIX: Final = "ct_live_"
KEY_BYTES: Final = 16
_KEY_LENGTH: Final = len(KEY_PREFIX) + 2 * KEY_BYTES
"""Characters. The vendor's keys have as many, of all letters and digits."""

_FAULTS: Final[Mapping[CredentialFault, str]] = {
    "missing": "Missing X-API-Key header",
    "malformed": "Invalid API key format",
    "unknown": "Invalid API key",
    "revoked": "Invalid API key",
    "expired": "API key has expired",
}
_CODES: Final[Mapping[int, str]] = {
    400: BAD_REQUEST,
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_ENCODING",
    422: VALIDATION_ERROR,
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    503: "SERVICE_UNAVAILABLE",
}
_MESSAGES: Final[Mapping[int, str]] = {
    404: "Resource not found",
    429: "Too many requests",
    500: "Internal server error",
}
"""Status -> the vendor's words, where it has its own. Ours, which say more, are then the details' `reason`."""


def credential(headers: Mapping[str, str]) -> str:
    """The API key of a request. Raises Unauthenticated."""
    key = headers.get("x-api-key", "")
    if not key:
        raise Unauthenticated("missing", "send the header X-API-Key: ct_live_...")
    if not key.startswith(KEY_PREFIX) or len(key) != _KEY_LENGTH:
        raise Unauthenticated("malformed", f"a Trenchcoat API key is {KEY_PREFIX} and {2 * KEY_BYTES} characters")
    return key


def refuse(refused: Refused) -> Answer:
    """A refusal as the vendor words it. A path under other methods has no body there, and none here."""
    if isinstance(refused, MethodNotAllowed):
        return Answer(405, headers=refusal_headers(refused))
    code, message, details = _error(refused)
    error = {"code": code, "message": message} | ({} if details is None else {"details": details})
    headers = () if refused.status == 401 else refusal_headers(refused)  # keys are no Bearer tokens here
    return Answer(refused.status, canonical.write({"error": error}), headers)


def _error(refused: Refused) -> tuple[str, str, Any]:
    """Code, message and details of a refusal; None for no details."""
    code = _CODES.get(refused.status, "ERROR")
    if isinstance(refused, Rejected):
        details = [{"field": field, "message": message} for field, message in refused.details]
        return refused.code, str(refused), details or None
    if isinstance(refused, InvalidJson):
        return VALIDATION_ERROR, INVALID, [{"field": "", "message": str(refused)}]
    if isinstance(refused, Unauthenticated):
        return code, _FAULTS[refused.fault], None
    if isinstance(refused, Forbidden) and refused.required:
        return code, f"Insufficient permissions. Required scopes: {refused.required}", None
    if isinstance(refused, RateLimited):
        return code, _MESSAGES[429], {"retryAfter": refused.retry_after}
    if refused.status in _MESSAGES:
        return code, _MESSAGES[refused.status], {"reason": str(refused)}
    return code, str(refused), None


def rate_headers(rate: Rate) -> tuple[tuple[str, str], ...]:
    """The rate limit in the vendor's words: its reset is in ms since 1970."""
    return limit_headers(rate, int(rate.reset * 1000))
