"""The routes by which a client has the ledger itself do something: seal, erase, hold, release. And who is held."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from affidavit.core import canonical, ids, instants
from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.dialects.contract import Answer, Order, Read, Request
from affidavit.dialects.parameters import whole_number
from affidavit.errors import InvalidBody
from affidavit.model.command import Erase, Hold, Outcome, Release, Seal
from affidavit.model.reading import Held, Reading

SEAL, ERASE, HOLD = "seal", "erase", "hold"
MAX_ENTRIES: Final = 1_000
MAX_CHAINS: Final = 1_000
MAX_TEXT: Final = 900
"""Characters of a reason and of an authority; the ledger adds the key's id to the authority."""
DEFAULT_HOLDS: Final = 50
_CHAIN: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


def seal(_: Request) -> Seal:
    """POST /v1/affidavit/seal: a checkpoint over all that is recorded, now."""
    return Seal()


def sealed(outcome: Outcome) -> Answer:
    """The checkpoint; of an empty ledger there is none."""
    signed = outcome.checkpoint
    return _json({"size": signed.size if signed else 0, "checkpoint": signed.note.decode() if signed else None})


def erase(request: Request) -> Erase:
    """POST /v1/affidavit/erase: `{"entries":[ids],"reason","authority"}`."""
    body = _body(request)
    return Erase(tuple(map(_entry, _list(body, "entries", MAX_ENTRIES))), **_grounds(body))


def erased(outcome: Outcome) -> Answer:
    """What was erased, what had been, and the ledger's own entries that say so."""
    return _json({
        "erased": list(map(uuid_text, outcome.changed)),
        "already": list(map(uuid_text, outcome.already)),
        "entries": _ids(outcome.said),
        "copies_left": outcome.left,
    })  # fmt: skip


def hold(request: Request) -> Hold:
    """POST /v1/affidavit/holds: `{"chains":[ids],"reason","authority"}`."""
    body = _body(request)
    return Hold(tuple(map(_chain, _list(body, "chains", MAX_CHAINS))), **_grounds(body))


def release(request: Request) -> Release:
    """DELETE /v1/affidavit/holds?chain=&reason=&authority=: one chain. A DELETE has no body."""
    chain = request.query.get("chain")
    if not chain:
        raise InvalidBody("chain is required: the chain to release, 32 hex digits")
    return Release((_chain(chain),), **_grounds(request.query))


def changed(outcome: Outcome) -> Answer:
    """The chains that changed, those that were so already, and the ledger's own entries that say so."""
    return _json({
        "chains": [chain.hex() for chain in outcome.changed],
        "already": [chain.hex() for chain in outcome.already],
        "entries": _ids(outcome.said),
    })  # fmt: skip


def list_holds(request: Request, reading: Reading) -> Answer:
    """GET /v1/affidavit/holds: a page of the workspace's chains under legal hold, by chain id."""
    limit = whole_number(request.query, "limit", DEFAULT_HOLDS, 1, MAX_CHAINS)
    cursor = request.query.get("cursor", "")
    found = reading.holds(_chain(cursor) if cursor else b"", limit + 1)
    page = found[:limit]
    return _json({"holds": list(map(_held, page)), "next": page[-1].chain.id.hex() if len(found) > limit else None})


def _held(held: Held) -> dict[str, Any]:
    said = canonical.parse(held.entry.payload)
    return {
        "chain": held.chain.id.hex(),
        "dialect": held.dialect,
        "key": held.chain.key,
        "since": instants.micros_text(held.entry.at),
        "reason": said["reason"],
        "authority": said["authority"],
        "entry": uuid_text(held.entry.id),
    }


def _body(request: Request) -> Mapping[str, Any]:
    body = canonical.parse(request.body)
    if type(body) is not dict:
        raise InvalidBody("the body must be a JSON object")
    return body


def _list(body: Mapping[str, Any], name: str, most: int) -> list[Any]:
    value = body.get(name)
    if type(value) is not list or not 1 <= len(value) <= most:
        raise InvalidBody(f"{name} must be an array of 1 to {most:,} ids")
    return value


def _grounds(given: Mapping[str, Any]) -> dict[str, str]:
    """The reason and the authority. Raises InvalidBody."""
    for name in ("reason", "authority"):
        value = given.get(name)
        if type(value) is not str or not value.strip() or len(value) > MAX_TEXT:
            raise InvalidBody(
                f"{name} is required: a text of 1 to {MAX_TEXT} characters, kept for ever: no personal data"
            )
    return {name: given[name] for name in ("reason", "authority")}


def _entry(value: Any) -> bytes:
    identity = ids.parse(value) if type(value) is str else None
    if identity is None:
        raise InvalidBody(f"entries must be ids, as UUIDs or ULIDs: {str(value)[:80]!r} is none")
    return identity


def _chain(value: Any) -> bytes:
    if type(value) is not str or not _CHAIN.fullmatch(value.lower()):
        raise InvalidBody(f"a chain's id has 32 hex digits: {str(value)[:80]!r} is none")
    return bytes.fromhex(value)


def _ids(entries: Iterable[Entry]) -> list[str]:
    return [uuid_text(entry.id) for entry in entries]


def _json(value: Any) -> Answer:
    return Answer(200, canonical.write(value))


ORDERS: Final = (
    Order("/v1/affidavit/seal", SEAL, seal, sealed),
    Order("/v1/affidavit/erase", ERASE, erase, erased),
    Order("/v1/affidavit/holds", HOLD, hold, changed),
    Order("/v1/affidavit/holds", HOLD, release, changed, "DELETE"),
)
READS: Final = (Read("/v1/affidavit/holds", HOLD, list_holds),)
