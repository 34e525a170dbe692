"""Pages of entries over several dialects, and of chains: query strings, cursors, and what comes next.

A cursor names the place where a page ended, not how many were before it: whatever arrives meanwhile, what was there
when a walk began comes once. To its client it is a text without a meaning.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from struct import Struct
from typing import Final

import msgspec
from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.dialects.parameters import instant, whole_number
from affidavit.errors import InvalidBody
from affidavit.model.draft import storable
from affidavit.model.query import BLOCK_BYTES, Chain, Query, block_of, is_full
from affidavit.model.reading import Reading

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
"""Entries in one page, which ends sooner where their payloads are BLOCK_BYTES."""
MAX_CHAINS: Final = 1000
_ORDERS: Final = {"": False, "desc": False, "asc": True}
_PLACE: Final = Struct(">qq")
_CURSOR: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_CHAIN: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Wish(msgspec.Struct, frozen=True):
    """Which entries a client asks for: the same question to each of these dialects."""

    dialects: tuple[str, ...]
    query: Query


def wish_of(given: Mapping[str, str], reading: Reading) -> Wish:
    """Query string -> Wish. An empty value is none. Raises InvalidBody, naming the parameter."""
    order, kind, severity = given.get("order", ""), given.get("type", ""), given.get("severity", "")
    if order not in _ORDERS:
        raise InvalidBody("order must be asc or desc")
    cursor = given.get("cursor", "")
    query = Query(
        "",
        agent=storable(given.get("agent", "")) or None,
        session=storable(given.get("session", "")) or None,
        types=(storable(kind),) if kind else (),
        severities=(storable(severity),) if severity else (),
        since=instant(given, "since"),
        until=instant(given, "until"),
        text=given.get("text") or None,
        ascending=_ORDERS[order],
        limit=whole_number(given, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
        after=_place(cursor) if cursor else None,
        counted=False,
    )
    return Wish(dialects_of(given, reading), query)


def dialects_of(given: Mapping[str, str], reading: Reading) -> tuple[str, ...]:
    """The dialect that is asked for; all of them where none is. Raises InvalidBody."""
    wanted, known = given.get("dialect", ""), reading.dialects
    if wanted and wanted not in known:
        raise InvalidBody(f"dialect must be one of {', '.join(known)}")
    return (wanted,) if wanted else known


def entries_page(wish: Wish, reading: Reading) -> tuple[list[Entry], str | None]:
    """A page of entries, and the cursor of the next; None where nothing follows."""
    limit = wish.query.limit
    query = replace(wish.query, limit=limit + 1, most_bytes=BLOCK_BYTES)
    found: list[Entry] = []
    for dialect in wish.dialects:
        found += reading.find(replace(query, dialect=dialect)).entries
        # Never more than two pages of payloads are held, however many dialects there are. Where one's were cut off, so
        # are all together, no later: what nobody has seen yet lies behind the page.
        found.sort(key=lambda entry: (entry.time, entry.position), reverse=not query.ascending)
        found = block_of(found[: limit + 1])
    page = found[:limit]
    return page, _cursor(page[-1]) if is_full(found, limit + 1) else None


def _cursor(entry: Entry) -> str:
    return urlsafe_b64encode(_PLACE.pack(entry.time, entry.position)).decode().rstrip("=")


def _place(cursor: str) -> tuple[int, int]:
    if not _CURSOR.fullmatch(cursor):
        raise InvalidBody(_NO_CURSOR)
    time, position = _PLACE.unpack(urlsafe_b64decode(cursor + "=="))
    return time, position


_NO_CURSOR: Final = "cursor must be the next of a page before, as it was given"


def chains_page(given: Mapping[str, str], reading: Reading) -> tuple[list[tuple[str, Chain]], str | None]:
    """A page of (dialect, chain), by dialect and chain key, and the next one's cursor. Raises InvalidBody.

    The cursor is the id of the page's last chain: chains never go away, and keys may be long.
    """
    limit = whole_number(given, "limit", DEFAULT_LIMIT, 1, MAX_CHAINS)
    dialects, cursor = sorted(dialects_of(given, reading)), given.get("cursor", "")
    last = find_chain(cursor, reading) if cursor else None
    if cursor and last is None:
        raise InvalidBody(_NO_CURSOR)
    found: list[tuple[str, Chain]] = []
    for dialect in dialects:
        if last is None or dialect >= last[0]:
            chains = reading.chains(dialect)
            found += [(dialect, chain) for chain in chains if last is None or _key((dialect, chain)) > _key(last)]
        if len(found) > limit:
            break
    return found[:limit], found[limit - 1][1].id.hex() if len(found) > limit else None


def _key(found: tuple[str, Chain]) -> tuple[str, str, bytes]:
    """By its id where the key does not tell: all chains that were erased whole have the same."""
    dialect, chain = found
    return dialect, chain.key, chain.id


def find_chain(identity: str, reading: Reading) -> tuple[str, Chain] | None:
    """The dialect and the chain with this id, 32 hex digits."""
    return reading.chain(bytes.fromhex(identity)) if _CHAIN.fullmatch(identity) else None
