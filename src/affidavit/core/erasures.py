"""Beside the steps of core.verify: what is erased, and the entries of the ledger's own chain that say so, agree.

    erasure-unauthorised  an entry is erased, and none says so                  a payload silently removed
    erasure-hollow        one says so, and the entry was never erased           an erasure that is only claimed
    erasure-undone        one says so, the entry was erased, and is back        a payload put back from a copy

Erased are payload and salt, and every projection with them; never the header. See docs/erasure.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.core.ids import parse, uuid_text
from affidavit.core.verify import Code, Problem
from affidavit.errors import InvalidJson


def named(entry: Entry) -> list[bytes]:
    """The ids of the entries that an entry of the ledger's own says were erased; none if it is no erasure."""
    try:
        payload = canonical.parse(entry.payload)
    except InvalidJson:
        return []
    if not isinstance(payload, dict) or payload.get("type") != "erasure":
        return []
    texts = payload.get("entries")
    found = [parse(text) for text in texts if isinstance(text, str)] if isinstance(texts, list) else []
    return [identity for identity in found if identity is not None]


class Erasures:
    """Looks at every entry, in position order; then says what does not agree."""

    def __init__(self, own: bytes) -> None:
        """`own`: the id of the ledger's own chain."""
        self._own = own
        self._unnamed: dict[bytes, Entry] = {}
        self._unerased: dict[bytes, int] = {}
        self.counts: Counter[bytes] = Counter()

    @property
    def agree(self) -> bool:
        """Whether every erased entry is named, and every named one erased, as far as they were looked at."""
        return not self._unnamed and not self._unerased

    def check(self, entry: Entry) -> None:
        """The next entry. One that is erased is kept in mind until it is named."""
        if entry.erased:
            self._unnamed[entry.id] = entry
            self.counts[entry.chain] += 1
        elif entry.chain == self._own:
            self.check_named(entry)

    def check_named(self, entry: Entry) -> None:
        """What an entry of the ledger's own says was erased. Its own chain cannot be."""
        for identity in named(entry):
            erased = self._unnamed.get(identity)
            if erased is None:
                self._unerased[identity] = entry.position
            elif erased.chain != self._own:
                del self._unnamed[identity]

    def problems(self, entry: Callable[[bytes], Entry | None], counted: Mapping[bytes, int]) -> Iterator[Problem]:
        """`entry`: the one with an id, as it is now. `counted`: how many entries the store says it erased, by chain."""
        told = set()
        for erased in self._unnamed.values():
            told.add(erased.chain)
            yield _problem("erasure-unauthorised", erased, "it is erased, and no entry of the ledger's own says so")
        for identity, position in self._unerased.items():
            found = entry(identity)
            says = f"the entry at position {position} says that it was erased"
            if found is None:
                message = f"it says that {uuid_text(identity)} was erased, which is not in the ledger"
                yield Problem("erasure-hollow", position, self._own.hex(), None, message)
            elif not found.erased:
                told.add(found.chain)
                if counted.get(found.chain, 0) > self.counts[found.chain]:
                    yield _problem("erasure-undone", found, f"{says}, and it was; its payload is back")
                else:
                    yield _problem("erasure-hollow", found, f"{says}, and its payload is there as ever")
        for chain in counted.keys() | self.counts.keys():
            stored, seen = counted.get(chain, 0), self.counts[chain]
            if stored != seen and chain not in told:
                message = f"the store counts {stored} erased entries in it, and there are {seen}"
                yield Problem("head-mismatch", None, chain.hex(), None, message)


def _problem(code: Code, entry: Entry, message: str) -> Problem:
    return Problem(code, entry.position, entry.chain.hex(), entry.seq, message)
