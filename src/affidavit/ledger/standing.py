"""A standing: how far one agent's trail has been folded into one score."""

from __future__ import annotations

from array import array
from threading import Lock
from typing import Any

import msgspec

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.errors import InvalidJson, PayloadChanged
from affidavit.ledger.trail import Trail
from affidavit.model.evidence import Evidence, EvidenceOf
from affidavit.model.query import is_full
from affidavit.model.score import Score, Scorer

BLOCK_ENTRIES = 64
"""Entries read at once."""
_REACH_FURTHER = 4
"""By how much more is read where the newest entries had too few with an outcome."""


class Standing:
    """The fold of one trail into one score. Whoever calls anything but `lock` and `begun` holds the lock.

    begun  whether the state is that of the trail up to `place`; where reading ends before it is, it begins anew
    place  the place of the newest entry that was folded, or looked at and found to say nothing
    """

    __slots__ = (
        "_count", "_evidence_of", "_first", "_head", "_last", "_ring", "_scorer", "_state", "begun", "lock", "place",
    )  # fmt: skip

    def __init__(self, scorer: Scorer[Any], evidence_of: EvidenceOf) -> None:
        self.lock = Lock()
        self._scorer = scorer
        self._evidence_of = evidence_of
        self._clear(0)

    def _clear(self, place: int) -> None:
        self.begun = False
        self.place = place
        self._state = self._scorer.start()
        self._count = 0
        self._first: int | None = None
        self._last: int | None = None
        self._head: bytes | None = None
        # With a window: the positions of the entries in it. Once it is full, the oldest is at `_count` modulo its size.
        self._ring = array("q")

    def begin(self, trail: Trail, upto: int | None = None) -> None:
        """Fold as little of the trail as gives the exact state at its end, or at the place `upto`."""
        reach = window = self._scorer.window
        while True:
            start = trail.origin if reach is None else trail.back(reach, upto)
            self._clear(start)
            # Without a window the state is exact wherever reading ends: what was folded before that need not be again.
            self.begun = window is None
            self._read(trail, upto)
            if reach is None or window is None or start == trail.origin or self._count >= window:
                break
            reach *= _REACH_FURTHER
        self.begun = True

    def begin_with_all(self, trail: Trail) -> None:
        """Fold the whole trail from its first entry."""
        self._clear(trail.origin)
        self._read(trail, None)
        self.begun = True

    def begin_with_none(self, trail: Trail) -> None:
        """Fold nothing: the state before the first entry of the trail."""
        self._clear(trail.origin)
        self.begun = True

    def advance(self, trail: Trail, upto: int | None = None) -> None:
        """Fold what is new, up to the trail's end or to the place `upto`, which is not before `place`.

        Begins where it has not; and begins anew where that is less to read.
        """
        window = self._scorer.window
        if not self.begun or (window is not None and trail.back(window, upto) > self.place):
            self.begin(trail, upto)
        else:
            self._read(trail, upto)

    def take(self, entry: Entry, place: int) -> None:
        """Fold the entry that comes next, which lies at `place`. Raises PayloadChanged; nothing was folded then."""
        evidence = self._evidence(entry)
        if evidence is not None and (self._scorer.window is None or evidence.outcome != "neutral"):
            self._state = self._scorer.fold(self._state, entry.at, evidence)
            self._note(entry.position)
        self._last, self._head = entry.position, entry.hash
        self.place = place

    def report(self, agent: str, now: int) -> Score:
        """What is said about it at `now`, µs since 1970."""
        window, first = self._scorer.window, self._first
        entries = self._count if window is None else len(self._ring)
        if window is not None and entries:
            first = self._ring[self._count % window if entries == window else 0]
        values = self._scorer.report(self._state, now)
        return Score(self._scorer.algorithm, agent, values, entries, first, self._last, self._head, now)

    def _read(self, trail: Trail, upto: int | None) -> None:
        while block := trail.after(self.place, upto, BLOCK_ENTRIES):
            for entry in block:
                self.take(entry, trail.place(entry))
            if not is_full(block, BLOCK_ENTRIES):
                break

    def _evidence(self, entry: Entry) -> Evidence | None:
        """None where it has none to give. An erased payload is empty."""
        if not entry.payload:
            return None
        try:
            return self._evidence_of(parse_canonical(entry.payload))
        except (InvalidJson, ValueError) as error:
            raise PayloadChanged(uuid_text(entry.id), str(error), position=entry.position) from error

    def _note(self, position: int) -> None:
        window = self._scorer.window
        if window is None:
            if self._first is None:
                self._first = position
        elif len(self._ring) < window:
            self._ring.append(position)
        else:
            self._ring[self._count % window] = position
        self._count += 1


_decoder = msgspec.json.Decoder()


def parse_canonical(payload: bytes) -> Any:
    """What `canonical.parse` makes of canonical JSON, at a third of the price: without finding out whether it is that.

    Scores trust the store in this; `affidavit verify` does not.
    """
    try:
        return _decoder.decode(payload)
    except ValueError:  # a lone surrogate, or indeed no JSON
        return canonical.parse(payload)
