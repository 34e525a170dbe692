"""Requests that wait for a commit, in the order they came."""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol

from affidavit.errors import Unavailable
from affidavit.model.draft import Submission

MAX_WAITING_DRAFTS = 50_000
"""Drafts that may wait for a commit; more are refused with 503."""
MAX_COMMIT_DRAFTS = 10_000
"""Drafts after which a commit takes no further request (one request is never split)."""


class Ticket(Protocol):
    """Where an answer goes: concurrent.futures.Future and asyncio.Future both fit."""

    def done(self) -> bool: ...
    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: Any, /) -> None: ...


Waiting = tuple[Submission, Ticket]


class Queue:
    """Bounded by its drafts. `drafts`: how many wait. Not for several threads."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self.drafts = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, submission: Submission, ticket: Ticket) -> None:
        """Raises Unavailable when there is no room."""
        if self.drafts + len(submission.drafts) > MAX_WAITING_DRAFTS:
            raise Unavailable("too many events are waiting to be written: send again in a second")
        self.put_back(submission, ticket)

    def put_back(self, submission: Submission, ticket: Ticket) -> None:
        """At the end, what had a place already."""
        self._waiting.append((submission, ticket))
        self.drafts += len(submission.drafts)

    def take(self) -> list[Waiting]:
        """Those of the next commit. One with an effect is alone in its commit: if it is refused, nobody else is."""
        taken: list[Waiting] = []
        drafts = 0
        while self._waiting and drafts < MAX_COMMIT_DRAFTS:
            alone = self._waiting[0][0].effect is not None
            if alone and taken:
                break
            taken.append(self._waiting.popleft())
            drafts += len(taken[-1][0].drafts)
            if alone:
                break
        self.drafts -= drafts
        return taken
