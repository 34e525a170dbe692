"""GET /agents/:asn/activity: what was reported for an agent, newest first.

Its owner asks the ledger; everybody else sees the newest events and nothing behind them, however they filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from affidavit.core import instants
from affidavit.core.entry import Entry
from affidavit.dialects.asn.wire import NAME, SEVERITIES
from affidavit.dialects.parameters import instant, whole_number
from affidavit.model.draft import storable
from affidavit.model.query import Page, Query
from affidavit.model.reading import Reading

PUBLIC_EVENTS: Final = 50
"""Events of an agent that everybody may see: its newest."""
DEFAULT_PER_PAGE: Final = 20
MAX_PER_PAGE: Final = 50
MAX_PAGE: Final = 10**12


class Wish(msgspec.Struct, frozen=True):
    """What a client asks for. `since` and `until` in µs since 1970, inclusive; `page` from 1."""

    type: str | None
    since: int | None
    until: int | None
    page: int
    per_page: int


def wish_of(given: Mapping[str, str]) -> Wish:
    """Query string -> Wish. An empty value is none. Raises InvalidBody, naming the parameter."""
    return Wish(
        storable(given.get("type", "")) or None,
        instant(given, "from"),
        _end(given),
        whole_number(given, "page", 1, 1, MAX_PAGE),
        whole_number(given, "per_page", DEFAULT_PER_PAGE, 1, MAX_PER_PAGE),
    )


def _end(given: Mapping[str, str]) -> int | None:
    """The vendor calls `to` an end date: a date without a time is meant with its whole day."""
    day = instants.parse_date(given.get("to", ""))
    return instant(given, "to") if day is None else day + instants.DAY - 1


def everything(reading: Reading, asn: str, wish: Wish) -> Page:
    """A page of all that was reported. The severities are what reports have, and what the registry did has not."""
    return reading.find(
        Query(
            NAME,
            agent=asn,
            types=() if wish.type is None else (wish.type,),
            severities=SEVERITIES,
            since=wish.since,
            until=wish.until,
            limit=wish.per_page,
            offset=(wish.page - 1) * wish.per_page,
        )
    )


def newest(reading: Reading, asn: str, wish: Wish) -> Page:
    """A page of what everybody may see."""
    public = Query(NAME, agent=asn, severities=SEVERITIES, limit=PUBLIC_EVENTS, counted=False)
    matching = [entry for entry in reading.find(public).entries if _matches(entry, wish)]
    start = (wish.page - 1) * wish.per_page
    return Page(matching[start : start + wish.per_page], len(matching))


def _matches(entry: Entry, wish: Wish) -> bool:
    return (
        (wish.type is None or entry.type == wish.type)
        and (wish.since is None or entry.time >= wish.since)
        and (wish.until is None or entry.time <= wish.until)
    )


def pagination(wish: Wish, total: int) -> dict[str, Any]:
    """Where in the list a page is."""
    return {
        "page": wish.page,
        "per_page": wish.per_page,
        "total": total,
        "total_pages": -(-total // wish.per_page),
    }
