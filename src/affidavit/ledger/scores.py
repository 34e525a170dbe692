"""Scores kept up with the ledger: states in memory, brought forward by what is new, and made anew to check them.

Nothing here is stored: the ledger alone gives every score, now and as it was at any earlier entry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from affidavit.core.entry import UNPLACED, Entry, chain_id
from affidavit.core.ids import uuid_text
from affidavit.errors import StoreUnreadable
from affidavit.ledger.recent import Recent
from affidavit.ledger.standing import Standing
from affidavit.ledger.trail import AgentTrail, ChainTrail, Trail, TrailStore
from affidavit.model.evidence import EvidenceOf
from affidavit.model.score import Score, Scorer, Subject

MAX_STANDINGS = 10_000
"""Standings kept in memory, the least recently used go first. One takes 1 to 30 KB, one of Pecta's at most 10."""
MAX_ANSWERS = 10_000
"""Scores kept as of the entries that were just committed, until their clients are answered. Each takes 1 KB."""

_Key = tuple[int, str, str, str]


class Scores:
    """Computes scores over one ledger. Any thread may call it.

    Every method raises KeyError for an algorithm or dialect that it was not given; all but `take` read, and raise
    StoreError as the store does.
    """

    def __init__(
        self,
        store: TrailStore,
        scorers: Iterable[Scorer[Any]],
        evidence_of: Mapping[str, EvidenceOf],
        *,
        chained_by_agent: Collection[str],
        limit: int = MAX_STANDINGS,
    ) -> None:
        """`evidence_of`: dialect -> how its payloads are read.

        `chained_by_agent`: the dialects whose chain key is the agent.
        """
        self._store = store
        self._scorers = {scorer.algorithm: scorer for scorer in scorers}
        self._evidence_of = evidence_of
        self._chained_by_agent = chained_by_agent
        self._standings: Recent[_Key, Standing] = Recent(limit)
        self._answers: Recent[tuple[_Key, int], Score] = Recent(MAX_ANSWERS)

    @property
    def dialects(self) -> tuple[str, ...]:
        """Whose payloads it can read."""
        return tuple(self._evidence_of)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What it can compute."""
        return tuple(self._scorers)

    def score(self, subject: Subject, algorithm: str, now: int) -> Score:
        """The score over everything committed so far. `now` in µs since 1970. Reads only what is new."""
        standing = self._standing((subject.workspace.id, subject.dialect, subject.agent, algorithm))
        with standing.lock:
            standing.advance(self._trail(subject))
            return standing.report(subject.agent, now)

    def take(self, entries: Sequence[Entry], algorithm: str) -> bool:
        """Fold one request's entries, just committed and in ledger order, where they come next.

        Remembers the score of each of their agents as of its last entry, at that entry's `at`: `as_of` gives it. Never
        reads and never waits. Returns whether it is remembered for every agent; where it is not, `as_of` reads. Nothing
        is folded of entries without positions, which a score names.
        """
        if any(entry.position == UNPLACED for entry in entries):
            return False
        taken = [self._take(own, algorithm) for own in _by_agent(entries)]  # every one, whatever the first says
        return all(taken)

    def as_of(self, entry: Entry, algorithm: str, now: int) -> Score:
        """The score of the entry's agent over its entries up to this one: what was answered then, given the same `now`.

        Raises ValueError for an entry that names no agent.
        """
        agent, trail, key = self._about(entry, algorithm)
        place = trail.place(entry)
        answer = self._answers.get((key, place))
        if answer is not None and answer.computed_at == now:
            return answer
        standing = self._standing(key)
        with standing.lock:
            if not standing.begun or standing.place <= place:
                standing.advance(trail, place)
                return standing.report(agent, now)
        standing = self._fresh(key)
        standing.begin(trail, place)
        return standing.report(agent, now)

    def as_of_each(self, entries: Sequence[Entry], algorithm: str) -> list[Score]:
        """The score as of each entry, at its own `at`, in the order given; entries of one agent share their reading.

        Raises ValueError for an entry that names no agent.
        """
        found: dict[bytes, Score] = {}
        fresh: dict[_Key, Standing] = {}
        asked = [(self._about(entry, algorithm), entry) for entry in entries]
        for (agent, trail, key), entry in sorted(asked, key=lambda pair: pair[0][1].place(pair[1])):
            standing = fresh.get(key) or fresh.setdefault(key, self._fresh(key))
            standing.advance(trail, trail.place(entry))
            found[entry.id] = standing.report(agent, entry.at)
        return [found[entry.id] for entry in entries]

    def forget(self, entries: Iterable[Entry]) -> None:
        """These were erased, and are given as they were: what they had a part in is computed anew when it is asked for.

        To be called once that is committed. A score that is being computed meanwhile is answered, and not kept.
        """
        owners = {(entry.workspace, entry.dialect, entry.agent) for entry in entries}
        self._standings.drop(lambda key: key[:3] in owners)
        self._answers.drop(lambda key: key[0][:3] in owners)

    def forget_all(self) -> None:
        """Entries were erased of which nothing is known any more: as `forget`, of everybody."""
        self._standings.drop(lambda key: True)
        self._answers.drop(lambda key: True)

    def recompute(self, subject: Subject, algorithm: str, now: int) -> Score:
        """The score over everything committed so far, from the agent's first entry, whatever is in memory."""
        standing = self._fresh((subject.workspace.id, subject.dialect, subject.agent, algorithm))
        standing.begin_with_all(self._trail(subject))
        return standing.report(subject.agent, now)

    def _take(self, entries: Sequence[Entry], algorithm: str) -> bool:
        """Of one agent."""
        agent, trail, key = self._about(entries[0], algorithm)
        standing = self._standing(key)
        if not standing.lock.acquire(blocking=False):
            return False
        try:
            if not standing.begun:
                standing.begin_with_none(trail)
            for entry in entries:
                if not trail.is_next(entry, standing.place):
                    return False
                standing.take(entry, trail.place(entry))
            self._answers.put((key, standing.place), standing.report(agent, entry.at))
            return True
        except StoreUnreadable:  # the same is raised, and heard, where the score is asked for
            return False
        finally:
            standing.lock.release()

    def _standing(self, key: _Key) -> Standing:
        return self._standings.get_or_make(key, lambda: self._fresh(key))

    def _fresh(self, key: _Key) -> Standing:
        _, dialect, _, algorithm = key
        return Standing(self._scorers[algorithm], self._evidence_of[dialect])

    def _trail(self, subject: Subject) -> Trail:
        if subject.dialect in self._chained_by_agent:
            chain = chain_id(subject.workspace.salt, subject.dialect, subject.agent)
            return ChainTrail(self._store, chain)
        return AgentTrail(self._store, subject.workspace.id, subject.dialect, subject.agent)

    def _about(self, entry: Entry, algorithm: str) -> tuple[str, Trail, _Key]:
        """The entry's agent, its trail, and the key of its standing."""
        if entry.agent is None:
            raise ValueError(f"entry {uuid_text(entry.id)} names no agent, so it has no score")
        key = (entry.workspace, entry.dialect, entry.agent, algorithm)
        if entry.dialect in self._chained_by_agent:
            return entry.agent, ChainTrail(self._store, entry.chain), key
        return entry.agent, AgentTrail(self._store, entry.workspace, entry.dialect, entry.agent), key


def _by_agent(entries: Iterable[Entry]) -> Iterable[list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.agent is not None:
            found.setdefault(entry.agent, []).append(entry)
    return found.values()
