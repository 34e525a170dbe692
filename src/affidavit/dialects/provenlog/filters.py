"""Query strings as questions to the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from affidavit.core import instants
from affidavit.dialects.parameters import whole_number
from affidavit.dialects.provenlog.wire import DEFAULT_PAGE, NAME
from affidavit.errors import InvalidBody
from affidavit.model.draft import storable
from affidavit.model.query import MAX_PAGE, Label, Query

MAX_OFFSET = 2**53 - 1
EXPORT_FILTERS = ("agent_id", "since", "until")
_LABEL = "label."
MAX_LABELS = 10
"""Of one query."""


def events_query(fields: Mapping[str, str]) -> Query:
    """The parameters of GET /v1/events. An empty value is none. Raises InvalidBody, naming the parameter."""
    given = {name: value for name, value in fields.items() if value}
    kind = _text(given, "action_type")
    labels = [(name.removeprefix(_LABEL), value) for name, value in given.items() if name.startswith(_LABEL)]
    if len(labels) > MAX_LABELS:
        raise InvalidBody(f"a query takes at most {MAX_LABELS} labels, this one has {len(labels)}")
    return Query(
        NAME,
        agent=_text(given, "agent_id"),
        session=_text(given, "session_id"),
        types=() if kind is None else (kind,),
        since=_instant(given, "since"),
        until=_instant(given, "until"),
        labels=tuple(Label("$.labels", *label) for label in labels),
        limit=whole_number(given, "limit", DEFAULT_PAGE, 1, MAX_PAGE),
        offset=whole_number(given, "offset", 0, 0, MAX_OFFSET),
        counted=False,
    )


def search_query(fields: Mapping[str, str]) -> Query:
    """The parameters of GET /v1/search: `q`, and those of GET /v1/events. Raises InvalidBody, naming the parameter."""
    sought = fields.get("q")
    if not sought:
        raise InvalidBody("q is required: the text to search for")
    return replace(events_query(fields), text=sought)


def export_query(fields: Mapping[str, str]) -> Query:
    """The parameters of GET /v1/export. Raises InvalidBody, naming the parameter."""
    given = {name: fields.get(name, "") for name in EXPORT_FILTERS}
    return replace(events_query(given), ascending=True)


def _text(given: Mapping[str, str], name: str) -> str | None:
    value = given.get(name)
    return None if value is None else storable(value)


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
