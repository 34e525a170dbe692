"""What a refusal looks like in each vendor's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

AGENTLENS_WORDS = {404: "Not found", 405: "Not found", 429: "Too Many Requests"}
PECTA_CODES = {
    400: ("bad_json", "validation_error"),
    401: ("auth_missing", "auth_format", "auth_invalid", "hmac_no_secret", "hmac_invalid"),
    404: ("not_found",),
    405: ("method_not_allowed",),
    422: ("idempotency_key_reused",),
    429: ("rate_limited",),
}
TRENCHCOAT_CODES = {
    400: ("VALIDATION_ERROR", "BAD_REQUEST"),
    401: ("UNAUTHORIZED",),
    404: ("NOT_FOUND",),
    422: ("VALIDATION_ERROR",),
    429: ("RATE_LIMITED",),
}
ASN_CODES = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHORIZED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    422: "IDEMPOTENCY_KEY_REUSED",
    429: "RATE_LIMITED",
}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _agentlens(status: int, body: Any) -> bool:
    """An unknown method is an unknown route there."""
    if body["error"] != AGENTLENS_WORDS.get(status, body["error"]) or not _is_text(body["error"]):
        return False
    return set(body) == {"error"} if status == 429 else body["status"] == (404 if status == 405 else status)


def _affidavit(status: int, body: Any) -> bool:
    """Our own reads."""
    return set(body) == {"error", "status"} and _is_text(body["error"]) and body["status"] == status


def _pecta(status: int, body: Any) -> bool:
    return _is_text(body["error"]) and body["code"] in PECTA_CODES[status] and body["status"] == status


def _provenlog(_: int, body: Any) -> bool:
    return set(body) == {"error"} and _is_text(body["error"])


def _trenchcoat(status: int, body: Any) -> bool:
    error = body["error"]
    good = set(error) <= {"code", "message", "details"} and _is_text(error["message"])
    return good and error["code"] in TRENCHCOAT_CODES[status]


def _asn(status: int, body: Any) -> bool:
    error = body["error"]
    good = set(error) == {"code", "message", "status"} and _is_text(error["message"])
    return good and (error["code"], error["status"]) == (ASN_CODES[status], status)


SHAPES: Mapping[str, Callable[[int, Any], bool]] = {
    "affidavit": _affidavit,
    "agentlens": _agentlens,
    "asn": _asn,
    "pecta": _pecta,
    "provenlog": _provenlog,
    "trenchcoat": _trenchcoat,
}


def is_refused(dialect: str, answer: httpx.Response, status: int) -> bool:
    """Whether an answer is the dialect's own refusal with this status (405: with what the vendor makes of it)."""
    if status == 405 and dialect == "trenchcoat":
        return (answer.status_code, answer.content) == (405, b"")
    sent = 404 if status == 405 and dialect == "agentlens" else status
    return answer.status_code == sent and SHAPES[dialect](status, answer.json())
