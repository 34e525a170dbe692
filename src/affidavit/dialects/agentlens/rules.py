"""Rules that a JSON value must follow, and what is said when it does not, in the words of zod 4's English locale.

A rule takes a value and returns None when it is good, which is the fast case, or every problem it has. A problem
is (path from the value, message); whoever holds the value puts its own name before the path. The vendor's clients
show these words to people, so they are the vendor's to the letter.

Each rule also has a type, `usual`. What msgspec can convert to it is good beyond doubt, and found to be so at a third
of the price; what it cannot may be good all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from affidavit.core import instants
from affidavit.dialects.typenames import ABSENT, script_name

Problem = tuple[str, str]
Problems = Callable[[Any], "list[Problem] | None"]


class Rule(msgspec.Struct, frozen=True):
    """`problems_of` a value, and the `usual` type of values that have none."""

    problems_of: Problems
    usual: Any

    def __call__(self, value: Any) -> list[Problem] | None:
        """Every problem that the value has; None for a good one."""
        return self.problems_of(value)


def _usually(usual: Any) -> Callable[[Problems], Rule]:
    return lambda problems_of: Rule(problems_of, usual)


_Filled = Annotated[str, Meta(min_length=1)]


class Instant:
    """The type of a timestamp, which only reading it finds to be good."""


_INSTANT: Final = Instant()


def is_good(value: Any, usual: Any) -> bool:
    """Whether msgspec can convert a value that `canonical.parse` returned to the `usual` type of a rule.

    It can convert no object with a lone surrogate in a member's name, good or not.
    """
    try:
        msgspec.convert(value, usual, dec_hook=_read_instant_of)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False
    return True


def _read_instant_of(_: type, value: Any) -> Any:
    if instant.problems_of(value) is None:
        return _INSTANT
    raise ValueError


MAX_PROBLEMS: Final = 20_000
"""Problems after which an array is not looked at further: an answer must not outgrow its request without bound."""


def mismatch(expected: str, value: Any) -> list[Problem]:
    """The problem of a value that is not of the expected type."""
    return [("", f"Invalid input: expected {expected}, received {script_name(value)}")]


@_usually(str)
def text(value: Any) -> list[Problem] | None:
    """Any string."""
    return None if type(value) is str else mismatch("string", value)


@_usually(_Filled)
def filled(value: Any) -> list[Problem] | None:
    """A string that is not empty."""
    if type(value) is not str:
        return mismatch("string", value)
    return None if value else [("", "Too small: expected string to have >=1 characters")]


def named(name: str) -> Rule:
    """A string that is not empty, with the vendor's own words for an empty one."""
    empty = [("", f"{name} is required")]

    @_usually(_Filled)
    def rule(value: Any) -> list[Problem] | None:
        if type(value) is not str:
            return mismatch("string", value)
        return None if value else empty

    return rule


@_usually(str | None)
def text_or_null(value: Any) -> list[Problem] | None:
    """A string or null."""
    return None if value is None else text(value)


@_usually(int | float)
def number(value: Any) -> list[Problem] | None:
    """Any JSON number."""
    if type(value) is int or isinstance(value, float):
        return None
    return mismatch("number", value)


@_usually(int | float | None)
def number_or_null(value: Any) -> list[Problem] | None:
    """A number, or the null that Python clients send for one they do not have."""
    return None if value is None else number(value)


@_usually(bool)
def flag(value: Any) -> list[Problem] | None:
    """true or false."""
    return None if type(value) is bool else mismatch("boolean", value)


@_usually(dict)
def record(value: Any) -> list[Problem] | None:
    """An object with any members."""
    return None if type(value) is dict else mismatch("record", value)


@_usually(Any)
def present(value: Any) -> list[Problem] | None:
    """Anything, null too, as long as the key is there."""
    return mismatch("nonoptional", value) if value is ABSENT else None


@_usually(Instant)
def instant(value: Any) -> list[Problem] | None:
    """An ISO 8601 instant with a zone; an empty string is one that was not sent."""
    if type(value) is not str:
        return mismatch("string", value)
    if not value or micros_of(value) is not None:
        return None
    return [("", "Invalid ISO datetime")]


def micros_of(timestamp: str) -> int | None:
    """A timestamp -> µs since 1970. Asked twice for every event: to check it, and to keep it."""
    return _read_instant(timestamp) if len(timestamp) <= _MAX_TIMESTAMP else None


_MAX_TIMESTAMP: Final = 64
"""Characters of a timestamp: no instant needs more, and what is remembered must stay small."""
_read_instant: Final = lru_cache(maxsize=4096)(instants.parse)


def one_of(*options: str, or_empty: bool = False) -> Rule:
    """One of these strings, and where `or_empty` the empty string, for one that was not sent."""
    accepted = frozenset((*options, "") if or_empty else options)
    listed = "|".join(f'"{option}"' for option in options)
    problem = [("", f"Invalid option: expected one of {listed}")]

    @_usually(Literal[tuple(accepted)])
    def rule(value: Any) -> list[Problem] | None:
        return None if type(value) is str and value in accepted else problem

    return rule


def array(item: Rule, at_least: int = 0, at_most: int | None = None) -> Rule:
    """A list whose every element follows `item`. One that is too long is not looked into."""

    @_usually(Annotated[list[item.usual], Meta(min_length=at_least, max_length=at_most)])  # type: ignore[name-defined]
    def rule(value: Any) -> list[Problem] | None:
        if type(value) is not list:
            return mismatch("array", value)
        if at_most is not None and len(value) > at_most:
            return [("", f"Too big: expected array to have <={at_most} items")]
        if len(value) < at_least:
            return [("", f"Too small: expected array to have >={at_least} items")]
        found: list[Problem] = []
        for index, element in enumerate(value):
            problems = item(element)
            if problems is not None:
                found += under(str(index), problems)
                if len(found) >= MAX_PROBLEMS:
                    break
        return found or None

    return rule


def shape(members: Mapping[str, Rule]) -> Rule:
    """An object with these members, others ignored. A name that ends in `?` may be missing, as on the vendor's page."""
    rules = [(name.rstrip("?"), rule, name.endswith("?")) for name, rule in members.items()]

    @_usually(msgspec.defstruct("Shape", fields_of(members), gc=False, kw_only=True))
    def check(value: Any) -> list[Problem] | None:
        if type(value) is not dict:
            return mismatch("object", value)
        found: list[Problem] | None = None
        for name, rule, optional in rules:
            member = value.get(name, ABSENT)
            if optional and member is ABSENT:
                continue
            problems = rule(member)
            if problems is not None:
                found = [*(found or ()), *under(name, problems)]
        return found

    return check


def fields_of(members: Mapping[str, Rule]) -> list[tuple[str, Any] | tuple[str, Any, Any]]:
    """The same members as the fields of a struct."""
    return [
        (name.rstrip("?"), rule.usual | UnsetType, UNSET) if name.endswith("?") else (name, rule.usual)
        for name, rule in members.items()
    ]


def under(name: str, problems: list[Problem]) -> list[Problem]:
    """The same problems, seen from the value that holds this one as `name`."""
    return [(f"{name}.{path}" if path else name, message) for path, message in problems]
