"""Credentials, refusals and headers, in the vendor's words.

Source: recorded answers of server 0.21.0, and its open source for the cases that the recording lacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from typing import Any, Final

from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.dialects.agentlens.wire import ValidationFailed
from affidavit.dialects.contract import Answer
from affidavit.errors import (
    CredentialFault,
    Forbidden,
    InvalidBody,
    InvalidJson,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from affidavit.model.rate import Rate

KEY_PREFIX: Final = "als_"
API_VERSION: Final = "v1"

_REVOKED: Final = ("Invalid or revoked API key", "This API key is no longer valid. Generate a new key at /api/keys.")
_FAULTS: Final[Mapping[CredentialFault, tuple[str, str]]] = {
    "missing": (
        "Authentication required",
        "Provide an API key via 'Authorization: Bearer als_...' header, or log in via /auth/login",
    ),
    "malformed": ("Invalid token", "The provided token is invalid. Log in again via /auth/login."),
    "unknown": _REVOKED,
    "revoked": _REVOKED,
    "expired": (
        "API key expired",
        "This API key has been rotated and is no longer valid. Please use the new key.",
    ),
}
_DOCUMENTED_FAULTS: Final = frozenset({"missing", "malformed"})
"""Faults whose answer also says where the vendor's documentation is."""

_OTHER_ERRORS: Final[Mapping[int, str]] = {
    415: "Unsupported Media Type",
    422: "Idempotency-Key reused",
    500: "Internal server error",
    503: "Service temporarily unavailable",
}
"""Status -> words, for refusals that need no fields of their own."""

_LOOPBACK_ORIGIN: Final = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?", re.ASCII)
_PRINTABLE: Final = re.compile(r"[ -~]{1,64}")


class NoSuch(NotFound):
    """No event, session or agent of this name in the caller's workspace. `kind`: what it would be."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"there is no such {kind.lower()} here: list them to see which there are")
        self.kind = kind


class BadParameter(Refused):
    """A query parameter that the vendor refuses in a sentence of its own, which is the message."""


def credential(headers: Mapping[str, str]) -> str:
    """The API key of a request. Raises Unauthenticated. The scheme is `Bearer`, in exactly this case."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Unauthenticated("missing", "send the header Authorization: Bearer als_...")
    if not token.startswith(KEY_PREFIX):
        raise Unauthenticated("malformed", "an AgentLens API key starts with als_")
    return token


def refuse(refused: Refused) -> Answer:
    """A refusal as the vendor words it."""
    body = _body(refused)
    answer = Answer(body.get("status", refused.status), canonical.write(body))
    if isinstance(refused, RateLimited | Unavailable):
        return replace(answer, headers=(("Retry-After", str(refused.retry_after)),))
    return answer


def _body(refused: Refused) -> dict[str, Any]:
    if isinstance(refused, Unauthenticated):
        error, hint = _FAULTS[refused.fault]
        docs = {"docs": "/docs/authentication"} if refused.fault in _DOCUMENTED_FAULTS else {}
        return {"error": error, "hint": hint, **docs, "status": 401}
    if isinstance(refused, Forbidden):
        current = ", ".join(refused.held)
        return {
            "error": "Insufficient permissions",
            "hint": str(refused),
            "required": refused.required,
            "current": current,
            "status": 403,
        }
    if isinstance(refused, MethodNotAllowed | NotFound):
        return {"error": f"{refused.kind} not found" if isinstance(refused, NoSuch) else "Not found", "status": 404}
    if isinstance(refused, ValidationFailed):
        details = [{"path": path, "message": message} for path, message in refused.details]
        return {"error": "Validation failed", "status": 400, "details": details}
    if isinstance(refused, InvalidJson):
        return {"error": "Invalid JSON body", "status": 400, "hint": str(refused)}
    if isinstance(refused, InvalidBody):
        return {"error": "Validation failed", "status": 400, "details": [{"path": "", "message": str(refused)}]}
    if isinstance(refused, TooLarge):
        size = f"{refused.limit >> 20}MB"
        return {"error": "Request body too large", "status": 413, "maxSize": size, "hint": str(refused)}
    if isinstance(refused, BadParameter):
        return {"error": str(refused), "status": 400}
    if refused.status == 429:
        return {"error": "Too Many Requests"}
    error = _OTHER_ERRORS.get(refused.status, "Bad request")
    return {"error": error, "hint": str(refused), "status": refused.status}


def decorate(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The headers of every answer, given the request's."""
    added = [("X-API-Version", API_VERSION), ("Vary", "Origin")]
    asked = headers.get("x-api-version", API_VERSION)
    if asked.removeprefix("v") != API_VERSION.removeprefix("v") and _PRINTABLE.fullmatch(asked):
        added.append(("X-API-Version-Warning", f"Unsupported version '{asked}', falling back to {API_VERSION}"))
    origin = headers.get("origin", "")
    if _LOOPBACK_ORIGIN.fullmatch(origin):
        added += [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", "X-Request-ID, Affidavit-Entries, Retry-After, X-API-Version-Warning"),
        ]
        if "access-control-request-method" in headers:
            added += [
                ("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS"),
                ("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Request-ID, Idempotency-Key"),
                ("Access-Control-Max-Age", "86400"),
            ]
    return tuple(added)


def rate_headers(rate: Rate) -> tuple[tuple[str, str], ...]:
    """The rate limit as the vendor's server tells it: its reset is in seconds from now.

    Source: draft-ietf-httpapi-ratelimit-headers-07, which that server's middleware follows.
    """
    told = f"limit={rate.limit}, remaining={rate.remaining}, reset={ceil(rate.reset_after)}"
    return ("RateLimit-Policy", f"{rate.limit};w=60"), ("RateLimit", told)
