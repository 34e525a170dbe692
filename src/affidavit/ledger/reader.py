"""The reader: what one workspace may see of a ledger, and whether its chains still hold.

A chain is verified by steps 2 to 6 of core.verify over its entries, and step 9 against its stored head; that the
listed chain key gives the chain's id is the part of step 7 that needs no dialect. The rest is `affidavit verify`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from time import perf_counter_ns

from msgspec.structs import replace

from affidavit.core.entry import Entry, chain_id
from affidavit.core.verify import Code, Tip, check_entry, first_tip
from affidavit.errors import InvalidBody, ReadEnded, StoreUnreadable
from affidavit.ledger.store import Store
from affidavit.model.draft import Workspace
from affidavit.model.query import (
    BLOCK_BYTES,
    MAX_PAGE_BYTES,
    Chain,
    ChainReport,
    Group,
    GroupKind,
    Head,
    Page,
    Query,
    is_cut,
    is_full,
)

BLOCK_ENTRIES = 64
"""Entries read at once while a chain is verified."""
SCAN_ENTRIES = 500
"""Entries read at once by a scan."""
MAX_VERIFIED_CHAINS = 100_000
"""Chains whose verified tips are kept in memory: 300 bytes each."""
_LOCKS = 64


class VerifiedChains:
    """How far each chain was last found sound. One for a ledger, shared by all its readers and their threads.

    A tip is only ever kept for a chain that was sound from its first entry up to that tip.
    """

    def __init__(self, origin: str, *, limit: int = MAX_VERIFIED_CHAINS) -> None:
        """`origin`: the ledger's name, which every chain's first `prev` is made of."""
        self.origin = origin
        self._limit = limit
        self._tips: dict[bytes, Tip] = {}
        self._lock = Lock()
        self._chain_locks = [Lock() for _ in range(_LOCKS)]

    def lock(self, chain: bytes) -> Lock:
        """Held while a chain is verified, so that many who ask at once make one walk."""
        return self._chain_locks[chain[0] % _LOCKS]

    def tip(self, chain: bytes) -> Tip | None:
        """Where the chain was last sound up to."""
        return self._tips.get(chain)

    def keep(self, chain: bytes, tip: Tip) -> None:
        """Note that the chain is sound up to `tip`."""
        with self._lock:
            if chain not in self._tips and len(self._tips) >= self._limit:
                # The newest goes: a walk over more chains than fit would throw the oldest out just before it
                # comes to them again.
                self._tips.popitem()
            self._tips[chain] = tip

    def forget(self, chain: bytes) -> None:
        """The chain is not what it was: nothing about it is known any more."""
        with self._lock:
            self._tips.pop(chain, None)


class Reader:
    """Implements model.reading.Reading over a store. Any thread may call it."""

    def __init__(self, store: Store, workspace: Workspace, verified: VerifiedChains) -> None:
        self._store = store
        self._workspace = workspace
        self._verified = verified

    @property
    def workspace(self) -> Workspace:
        """The tenant it is bound to."""
        return self._workspace

    def entry(self, dialect: str | None, identity: bytes) -> Entry | None:
        """The entry with this id (16 bytes), if it is this dialect's (None: any's) and in this workspace."""
        entry = self._store.entry(identity)
        if entry is None or entry.workspace != self._workspace.id or dialect not in (None, entry.dialect):
            return None
        return entry

    def entry_at(self, position: int) -> Entry | None:
        """The entry at this position of the ledger, if it is in this workspace."""
        entry = self._store.entry_at(position)
        return None if entry is None or entry.workspace != self._workspace.id else entry

    def find(self, query: Query) -> Page:
        """The page of entries that a query asks for. Raises InvalidBody where it is too large to be given whole."""
        page = self._store.find(self._workspace.id, query)
        if query.most_bytes is None and is_cut(page.entries, query.limit, MAX_PAGE_BYTES):
            raise InvalidBody(
                f"this page would have more than {MAX_PAGE_BYTES >> 20} MiB, from its first {len(page.entries)} of "
                f"{query.limit} on: ask for fewer at once, with a smaller limit"
            )
        return page

    def scan(self, query: Query) -> Iterator[Entry]:
        """Every entry of a query in its order, read in blocks; limit and offset do not count."""
        step = replace(query, limit=SCAN_ENTRIES, offset=0, counted=False, most_bytes=BLOCK_BYTES)
        while True:
            block = self._store.find(self._workspace.id, step).entries
            yield from block
            if not is_full(block, SCAN_ENTRIES):
                return
            step = replace(step, after=(block[-1].time, block[-1].position))

    def groups(
        self, dialect: str, kind: GroupKind, *, since: int | None = None, until: int | None = None
    ) -> list[Group]:
        """The agents or sessions of the dialect with entries in a span of time, by name."""
        return self._store.groups(self._workspace.id, dialect, kind, since, until)

    def chains(self, dialect: str) -> list[Chain]:
        """Every chain of the dialect, by chain key."""
        return self._store.chains(self._workspace.id, dialect)

    def chain(self, identity: bytes) -> tuple[str, Chain] | None:
        """The chain with this id (16 bytes) and its dialect, if it is in this workspace."""
        return self._store.chain(self._workspace.id, identity)

    def verify_chain(self, dialect: str, chain_key: str) -> ChainReport:
        """Re-read and re-hash the whole chain, whatever was verified before."""
        chain = chain_id(self._workspace.salt, dialect, chain_key)
        with self._verified.lock(chain):
            return self._walk(chain, self._store.heads([chain]).get(chain), first_tip(self._verified.origin, chain))

    def verify_chains(self, dialect: str) -> list[tuple[Chain, ChainReport]]:
        """Every chain of the dialect with its report.

        What was found sound before is not read again while the chain still builds on it: an unchanged chain costs
        a comparison with its head. A change to the file below that point is what `verify_chain` finds.
        """
        return [(chain, self._continue(dialect, chain)) for chain in self.chains(dialect)]

    def storage_bytes(self) -> int | None:
        """What the ledger takes where it is kept; None where another workspace has a part in it."""
        return self._store.storage_bytes()

    def ping(self) -> int:
        """Touch the store. Returns how long it took, in µs; raises StoreError if it does not answer."""
        start = perf_counter_ns()
        self._store.size()
        return (perf_counter_ns() - start) // 1000

    def _continue(self, dialect: str, chain: Chain) -> ChainReport:
        if _reaches(self._verified.tip(chain.id), chain.head):
            return ChainReport(True, chain.head.seq)
        if not chain.gone and chain_id(self._workspace.salt, dialect, chain.key) != chain.id:
            return _broken("chain-mismatch", 1)
        with self._verified.lock(chain.id):
            head, tip = chain.head, self._verified.tip(chain.id)
            if tip is not None and tip.seq > head.seq:  # it grew, and another thread walked it, since it was listed
                head = self._store.heads([chain.id]).get(chain.id, head)
            if tip is not None and (tip.seq < head.seq or _reaches(tip, head)):
                report = self._walk(chain.id, head, tip)
                if report.valid:
                    return report
            # From the start: the chain is new here, or what was verified is not what it is built on any more.
            return self._walk(chain.id, head, first_tip(self._verified.origin, chain.id))

    def _walk(self, chain: bytes, head: Head | None, tip: Tip) -> ChainReport:
        """Verify the entries after `tip` up to `head`, and that the chain ends there. The chain's lock is held."""
        end, limit = head.seq if head else 0, BLOCK_ENTRIES
        while tip.seq < end:
            try:
                block = self._store.scan_chain(chain, tip.seq, min(limit, end - tip.seq))
            except StoreUnreadable:
                if limit == 1:
                    return self._reject(chain, "row-unreadable", tip.seq + 1)
                limit = 1  # one by one up to the entry that it is
                continue
            except ReadEnded:
                if tip.seq:
                    self._verified.keep(chain, tip)  # who asks again and may go on does
                raise
            for entry in block:
                found, after = check_entry(entry, tip)
                if found:
                    return self._reject(chain, found[0][0], tip.seq + 1)
                tip = after
            if not block:
                return self._reject(chain, "head-mismatch", tip.seq + 1)
        if head and tip.hash != head.hash:
            return self._reject(chain, "head-mismatch", tip.seq)
        if self._hides(chain, end):
            return self._reject(chain, "head-mismatch", end + 1)
        if head:
            self._verified.keep(chain, tip)
        return ChainReport(True, end)

    def _hides(self, chain: bytes, end: int) -> bool:
        """Whether entries lie beyond the stored head. It is read after them: by now it may have moved past `end`."""
        beyond = self._store.scan_chain(chain, end, 1)
        if not beyond:
            return False
        head = self._store.heads([chain]).get(chain)
        return head is None or head.seq < beyond[0].seq

    def _reject(self, chain: bytes, code: Code, seq: int) -> ChainReport:
        self._verified.forget(chain)
        return _broken(code, seq)


def _reaches(tip: Tip | None, head: Head) -> bool:
    return tip is not None and tip.seq == head.seq and tip.hash == head.hash


def _broken(code: Code, seq: int) -> ChainReport:
    return ChainReport(False, seq - 1, seq, code)
