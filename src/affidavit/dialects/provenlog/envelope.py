"""What surrounds every exchange: the credential coming in, the refusal going out."""

from __future__ import annotations

from collections.abc import Mapping

from affidavit.core import canonical
from affidavit.dialects.contract import Answer
from affidavit.errors import MethodNotAllowed, Refused, Unauthenticated, Unavailable

_SEND = "send an API key in the header: Authorization: Bearer pl_..."


def credential(headers: Mapping[str, str]) -> str:
    """`Authorization: Bearer <token>`, the scheme in either case (RFC 9110 section 11.1) -> the token."""
    sent = headers.get("authorization", "").strip()
    if not sent:
        raise Unauthenticated("missing", f"an API key is needed: {_SEND}")
    scheme, _, token = sent.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("malformed", f"the Authorization header holds no Bearer token: {_SEND}")
    return token


def refuse(refusal: Refused) -> Answer:
    """Every refusal is `{"error": "<what is wrong>"}` under its own status."""
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(refusal, MethodNotAllowed):
        headers = (("Allow", ", ".join(refusal.allowed)),)
    elif isinstance(refusal, Unavailable):
        headers = (("Retry-After", str(refusal.retry_after)),)
    elif isinstance(refusal, Unauthenticated):
        headers = (("WWW-Authenticate", "Bearer"),)
    return Answer(refusal.status, canonical.write({"error": str(refusal)}), headers)


def decorate(_: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """ProvenLog's answers carry no headers of their own."""
    return ()
