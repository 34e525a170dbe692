"""Scores: how evidence becomes one, and what is said about it."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import msgspec

from affidavit.model.draft import Workspace
from affidavit.model.evidence import Evidence

State = TypeVar("State")


class Subject(msgspec.Struct, frozen=True):
    """Whom a score is about: an agent, as one dialect names it, in one workspace."""

    workspace: Workspace
    dialect: str
    agent: str


class Score(msgspec.Struct, frozen=True):
    """A score, and what it takes to compute it again.

    algorithm    name and version: the same entries and the same `computed_at` give the same values for ever
    values       JSON values, as docs/scores.md describes them for each algorithm
    entries      how many entries the values depend on; `first` and `last` are the range they lie in, by position
    head         hash of the entry at `last` (32 bytes): the newest of the agent's that was looked at
    computed_at  µs since 1970

    Of an agent without entries there is no range and no head.
    """

    algorithm: str
    agent: str
    values: dict[str, Any]
    entries: int
    first: int | None
    last: int | None
    head: bytes | None
    computed_at: int


class Scorer(Protocol[State]):
    """A score as a fold over an agent's evidence, in ledger order. Pure: the only time is what it is told.

    A state belongs to whoever started it. `fold` may change the one it is given and returns the one to go on with;
    `report` changes nothing.
    """

    @property
    def algorithm(self) -> str:
        """Name and version, as in "pecta/1". Any change to a value that is reported needs a new version."""
        ...

    @property
    def window(self) -> int | None:
        """How many of the newest successes and failures give the exact state; None: every entry is needed.

        With a window, neutral evidence is not folded.
        """
        ...

    def start(self) -> State:
        """The state of an agent that nothing is known about."""
        ...

    def fold(self, state: State, at: int, evidence: Evidence) -> State:
        """One entry further. `at`: when it was received, µs since 1970."""
        ...

    def report(self, state: State, now: int) -> dict[str, Any]:
        """The values at `now`, µs since 1970. A `now` before the newest entry's `at` counts as that."""
        ...
