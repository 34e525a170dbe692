"""The routes that give bundles of evidence: files that verify without the server. docs/evidence.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from affidavit.core.bundle import MAX_EARLIER
from affidavit.dialects.contract import Download, Request
from affidavit.dialects.native.ledger import EVIDENCE
from affidavit.dialects.native.routes import chain_named
from affidavit.dialects.parameters import instant, whole_number
from affidavit.errors import InvalidBody
from affidavit.model.proving import Asked, File
from affidavit.model.reading import Reading

LEDGER: Final = "ledger"
"""The scope for all that the ledger has, whatever the workspace."""
_MOST: Final = (1 << 53) - 1
_SCOPES: Final = (("agent",), ("session",), ("chain",), ("from", "to"))


def bundle(request: Request, reading: Reading) -> File:
    """GET /v1/affidavit/bundle: what one agent, session or chain did, or what came in a span of time."""
    given = request.query
    if sum(any(given.get(name) for name in names) for names in _SCOPES) != 1:
        raise InvalidBody("say what of: one of agent, session, chain, or from and to. All of it: GET /ledger/bundle")
    chain = given.get("chain")
    asked = Asked(
        agent=given.get("agent") or None,
        session=given.get("session") or None,
        dialect=given.get("dialect") or None,
        chain=chain_named(chain, reading)[1].id if chain else None,
        since=instant(given, "from"),
        until=instant(given, "to"),
        earlier=_earlier(given),
        witnessed=_witnessed(given),
    )
    return reading.proofs.bundle(asked, reading.workspace)


def whole_ledger(request: Request, reading: Reading) -> File:
    """GET /ledger/bundle: every entry of every workspace."""
    asked = Asked(everything=True, earlier=_earlier(request.query), witnessed=_witnessed(request.query))
    return reading.proofs.bundle(asked, reading.workspace)


def _earlier(given: Mapping[str, str]) -> tuple[int, ...]:
    """Sizes with commas between. Raises InvalidBody."""
    texts = [text for text in given.get("earlier", "").split(",") if text]
    if len(texts) > MAX_EARLIER:
        raise InvalidBody(f"earlier may name {MAX_EARLIER} sizes, it names {len(texts)}")
    return tuple(whole_number({"earlier": text}, "earlier", 0, 1, _MOST) for text in texts)


def _witnessed(given: Mapping[str, str]) -> bool:
    value = given.get("witnessed", "")
    if value not in ("", "true", "false"):
        raise InvalidBody("witnessed must be true or false")
    return value == "true"


DOWNLOADS: Final = (
    Download("/v1/affidavit/bundle", EVIDENCE, bundle),
    Download("/ledger/bundle", LEDGER, whole_ledger),
)
