"""What surrounds an exchange with several vendors: a Bearer credential coming in, headers going out."""

from __future__ import annotations

from collections.abc import Mapping

from affidavit.errors import MethodNotAllowed, RateLimited, Refused, Unauthenticated, Unavailable
from affidavit.model.rate import Rate


def bearer(headers: Mapping[str, str], key_prefix: str) -> str:
    """`Authorization: Bearer <token>`, the scheme in either case (RFC 9110 section 11.1) -> the token.

    `key_prefix`: what keys start with, for the message of Unauthenticated; whether this one does is not looked at.
    """
    send = f"send an API key in the header: Authorization: Bearer {key_prefix}..."
    sent = headers.get("authorization", "").strip()
    if not sent:
        raise Unauthenticated("missing", f"an API key is needed: {send}")
    scheme, _, token = sent.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("malformed", f"the Authorization header holds no Bearer token: {send}")
    return token


def refusal_headers(refused: Refused) -> tuple[tuple[str, str], ...]:
    """What HTTP wants beside a refusal's body: Allow on 405, Retry-After on 429 and 503, a challenge on 401."""
    if isinstance(refused, MethodNotAllowed):
        return (("Allow", ", ".join(refused.allowed)),)
    if isinstance(refused, RateLimited | Unavailable):
        return (("Retry-After", str(refused.retry_after)),)
    if refused.status == 401:
        return (("WWW-Authenticate", "Bearer"),)
    return ()


def limit_headers(rate: Rate, reset: int) -> tuple[tuple[str, str], ...]:
    """Where a key stands with its rate limit. `reset`: when all of it is there again, in the vendor's own unit."""
    return (
        ("X-RateLimit-Limit", str(rate.limit)),
        ("X-RateLimit-Remaining", str(rate.remaining)),
        ("X-RateLimit-Reset", str(reset)),
    )
