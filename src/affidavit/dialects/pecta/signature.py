"""The optional signature of a body: `X-Pecta-Signature: sha256=<hex>`, HMAC-SHA256 with the key's secret.

Source: https://docs.pecta.ai, pages "Authenticate your requests" and "POST /v1/ingest". What it protects against is a
body changed on its way: it is checked over the raw bytes, before anything reads them.
"""

from __future__ import annotations

import hmac
import re
from typing import Final, Literal

from affidavit.dialects.contract import Request
from affidavit.errors import Refused

HEADER: Final = "x-pecta-signature"
_SIGNATURE: Final = re.compile(r"sha256=([0-9a-fA-F]{64})")


class BadSignature(Refused):
    """The body is not what was signed, or nothing is known to check it with. `code` is the vendor's."""

    status = 401

    def __init__(self, code: Literal["hmac_no_secret", "hmac_invalid"], message: str) -> None:
        super().__init__(message)
        self.code = code


def check(request: Request) -> None:
    """Raises BadSignature where a signature was sent and is not the body's; none is good too."""
    sent = request.headers.get(HEADER)
    if sent is None:
        return
    secret = request.secret()
    if secret is None:
        raise BadSignature(
            "hmac_no_secret", "the body is signed, but this key has no secret: leave X-Pecta-Signature away"
        )
    match = _SIGNATURE.fullmatch(sent.strip())
    expected = hmac.digest(secret, request.body, "sha256")
    if match is None or not hmac.compare_digest(bytes.fromhex(match.group(1)), expected):
        raise BadSignature(
            "hmac_invalid",
            "HMAC signature does not match: send sha256= and the hex of HMAC-SHA256 over the body's bytes as sent, "
            "with the sk_live_ secret of this key",
        )
