"""Credentials and refusals, in the vendor's words: `{"error": {"code", "message", "status"}}`.

Source: the vendor's page "Events API". It has no codes for 405, 409, 413, 415, 422 and 503: those are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Final

from affidavit.core import canonical
from affidavit.dialects.contract import Answer
from affidavit.dialects.envelope import bearer, limit_headers, refusal_headers
from affidavit.errors import Refused
from affidavit.model.rate import Rate

KEY_PREFIX: Final = "asn_live_"

_CODES: Final[Mapping[int, str]] = {
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    410: "AGENT_DEACTIVATED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_ENCODING",
    422: "IDEMPOTENCY_KEY_REUSED",
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


class NumberTaken(Refused):
    """An agent with this ASN is registered already, in whatever workspace."""

    status = 409


class AgentDeactivated(Refused):
    """The agent was deactivated: nothing is reported for it any more."""

    status = 410


def credential(headers: Mapping[str, str]) -> str:
    """The API key of a request. Raises Unauthenticated."""
    return bearer(headers, KEY_PREFIX)


def refuse(refused: Refused) -> Answer:
    """Every refusal has the same three members, under its own status."""
    code = _CODES.get(refused.status, "VALIDATION_ERROR")
    error = {"code": code, "message": str(refused), "status": refused.status}
    return Answer(refused.status, canonical.write({"error": error}), refusal_headers(refused))


def rate_headers(rate: Rate) -> tuple[tuple[str, str], ...]:
    """Where the key stands: requests, and when all of them are there again, in seconds since 1970, rounded up."""
    return limit_headers(rate, ceil(rate.reset))
