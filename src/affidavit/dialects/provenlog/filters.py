"""The parameters of GET /v1/events as a question to the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from affidavit.core import instants
from affidavit.dialects.provenlog.wire import DEFAULT_PAGE, NAME
from affidavit.errors import InvalidBody
from affidavit.model.draft import storable
from affidavit.model.query import MAX_PAGE, Label, Query

MAX_OFFSET = 2**53 - 1
_LABEL = "label."


def query_of(fields: Mapping[str, str]) -> Query:
    """Query string -> Query. An empty value is none. Raises InvalidBody, naming the parameter."""
    given = {name: value for name, value in fields.items() if value}
    kind = _text(given, "action_type")
    return Query(
        NAME,
        agent=_text(given, "agent_id"),
        session=_text(given, "session_id"),
        types=() if kind is None else (kind,),
        since=_instant(given, "since"),
        until=_instant(given, "until"),
        labels=tuple(
            Label("$.labels", storable(name.removeprefix(_LABEL)), storable(value))
            for name, value in given.items()
            if name.startswith(_LABEL)
        ),
        limit=_number(given, "limit", DEFAULT_PAGE, 1, MAX_PAGE),
        offset=_number(given, "offset", 0, 0, MAX_OFFSET),
    )


def _text(given: Mapping[str, str], name: str) -> str | None:
    value = given.get(name)
    return None if value is None else storable(value)


def _number(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    digits = value.lstrip("0") or "0"
    if not (value.isascii() and value.isdigit()) or len(digits) > len(str(most)) or not least <= int(digits) <= most:
        raise InvalidBody(f"{name} must be a whole number from {least} to {most}")
    return int(digits)


def _instant(given: Mapping[str, str], name: str) -> int | None:
    """An instant or a bare date, which is its first instant in UTC -> µs since 1970."""
    value = given.get(name)
    if value is None:
        return None
    # Clients forget that a plus sign in a query string means a space: "...T10:30:00+01:00" arrives with one.
    instant = instants.parse(value.replace(" ", "+"))
    instant = instants.parse_date(value) if instant is None else instant
    if instant is None:
        raise InvalidBody(f"{name} must be an ISO 8601 instant with a zone, like 2026-02-17T10:30:00Z, or a date")
    return instant
