"""Query parameters, for the vendors that refuse a bad one by its name."""

from __future__ import annotations

from collections.abc import Mapping

from affidavit.core import instants
from affidavit.errors import InvalidBody


def whole_number(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A parameter as a whole number; `default` where it is missing or empty. Raises InvalidBody."""
    value = given.get(name)
    if not value:
        return default
    digits = value.lstrip("0") or "0"
    if not (value.isascii() and value.isdigit()) or len(digits) > len(str(most)) or not least <= int(digits) <= most:
        raise InvalidBody(f"{name} must be a whole number from {least} to {most}")
    return int(digits)


def instant(given: Mapping[str, str], name: str) -> int | None:
    """A parameter as µs since 1970; None where it is missing or empty. Raises InvalidBody.

    An instant, in UTC where it has no zone, or a date, which is its first instant in UTC.
    """
    value = given.get(name)
    if not value:
        return None
    # Clients forget that a plus sign in a query string means a space: "...T10:30:00+01:00" arrives with one.
    found = instant_of(value.replace(" ", "+"))
    if found is None:
        raise InvalidBody(f"{name} must be an ISO 8601 instant, like 2026-05-07T14:22:10Z, or a date")
    return found


def instant_of(text: str) -> int | None:
    """An instant, in UTC where it has no zone, or a date, its first instant in UTC -> µs since 1970; else None."""
    for reading in (text, f"{text}Z"):
        if (found := instants.parse(reading)) is not None:
            return found
    return instants.parse_date(text)
