"""A whole ledger in lists and dicts. Every query looks at every entry; nothing is derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.errors import HeadMoved, StoreFailed
from affidavit.ledger.repeats import REMEMBERED
from affidavit.ledger.store import Batch, ChainUpdate, Rebuild, Repeat, held
from affidavit.model.draft import Effect
from affidavit.model.query import MAX_PAGE_BYTES, Chain, Group, GroupKind, Head, Page, Query, block_of
from affidavit.storage.matching import matcher
from affidavit.storage.memory.keys import Keys
from affidavit.storage.memory.seals import Seals
from affidavit.storage.memory.testimony import Testimony

BEFORE_COMMIT = "before commit"
AFTER_COMMIT = "after commit"


class MemoryStore(Keys, Seals, Testimony):
    """Implements ledger.store.Store and access.keys.KeyStore.

    `fault` is called with BEFORE_COMMIT and AFTER_COMMIT in every append, with BEFORE_SEAL and AFTER_SEAL in every
    seal; what it raises leaves the call. Raised before, it did not happen; raised after, it happened but said it
    failed.
    """

    def __init__(
        self,
        searchable: Mapping[str, str] | None = None,
        *,
        origin: str = "memory",
        shared: bool = False,
        fault: Callable[[str], None] = lambda step: None,
    ) -> None:
        """`searchable`: dialect -> JSON path of what `Query.text` looks at. `shared`: by several sequencers."""
        Keys.__init__(self)
        Seals.__init__(self, fault, shared=shared)
        Testimony.__init__(self)
        self.origin = origin
        self._searchable = searchable or {}
        self._chains: dict[bytes, ChainUpdate] = {}
        self._repeats: dict[bytes, Repeat] = {}
        self._recorded: dict[bytes, list[bytes]] = {}
        self._holds: dict[bytes, bytes] = {}

    def size(self) -> int:
        """How many entries are committed."""
        return len(self._entries)

    def next_position(self) -> int | None:
        """The position that the next entry gets; None where it gets it when somebody reads."""
        return None if self.shared else self.size()

    def storage_bytes(self) -> int | None:
        """The headers and payloads, if they are of one workspace."""
        if len(self.workspaces()) > 1:
            return None
        return sum(len(entry.header) + len(entry.salt) + len(entry.payload) for entry in self._entries)

    def last_id(self) -> bytes | None:
        """The id of the newest entry."""
        return self._entries[-1].id if self._entries else None

    def heads(self, chains: Sequence[bytes]) -> Mapping[bytes, Head]:
        """The heads of those chains that exist."""
        return self._heads_of(chains)

    def repeats(self, keys: Sequence[bytes], since: int) -> Mapping[bytes, bytes]:
        """Those of the keys that were recorded at or after `since`, with the digest of the request."""
        known = [self._repeats[key] for key in keys if key in self._repeats]
        return {repeat.key: repeat.request for repeat in known if repeat.at >= since}

    def repeated(self, key: bytes) -> list[Entry]:
        """What the request with this key recorded, in its order."""
        self._place()
        return [self._by_id[identity] for identity in self._recorded.get(key, ())]

    def append(self, batch: Batch, rebuild: Rebuild | None = None) -> None:
        """All or nothing. Raises HeadMoved if the ledger or a chain is not where the batch was built on."""
        with self._moment:
            if self.shared and rebuild is not None and self._moved(batch):
                batch = rebuild(self._heads_of([update.chain for update in batch.chains]))
            self._refuse_moved(batch)
            added = {entry.id for entry in batch.entries}
            if len(added) < len(batch.entries) or not added.isdisjoint(self._by_id):
                raise StoreFailed("what is to be written contradicts what is there (writing entries)")
            erased = [] if batch.effect is None else self._to_erase(batch.effect)
            self.fault(BEFORE_COMMIT)
            self._keep(batch.entries)
            self._chains |= {update.chain: update for update in batch.chains}
            self._remember(batch)
            if batch.effect is not None:
                self._erase(erased)
                fresh = [chain for chain in batch.effect.hold if chain not in self._holds]
                self._holds |= dict.fromkeys(fresh, batch.entries[0].id)
                for chain in batch.effect.release:
                    self._holds.pop(chain, None)
        self.fault(AFTER_COMMIT)

    def _heads_of(self, chains: Sequence[bytes]) -> dict[bytes, Head]:
        return {chain: self._chains[chain].head for chain in chains if chain in self._chains}

    def _moved(self, batch: Batch) -> list[ChainUpdate]:
        """Those that are not where the batch was built on."""
        seqs = {chain: update.head.seq for chain, update in self._chains.items()}
        return [update for update in batch.chains if seqs.get(update.chain, 0) != update.expected_seq]

    def _refuse_moved(self, batch: Batch) -> None:
        if not self.shared and batch.entries and batch.entries[0].position != self.size():
            raise HeadMoved(f"the ledger has {self.size()} entries, the batch was built on {batch.entries[0].position}")
        if moved := self._moved(batch):
            raise HeadMoved(f"{len(moved)} of {len(batch.chains)} chains are not where the batch was built on")
        if any(self.repeats([repeat.key], repeat.at - REMEMBERED) for repeat in batch.repeats):
            raise HeadMoved("somebody else has recorded one of the requests")

    def _remember(self, batch: Batch) -> None:
        for repeat in batch.repeats:
            self._repeats[repeat.key] = repeat
            entries = batch.entries[repeat.first : repeat.first + repeat.count]
            self._recorded[repeat.key] = [entry.id for entry in entries]

    def _to_erase(self, effect: Effect) -> list[Entry]:
        self._place()
        found = [self._by_id[identity] for identity in effect.erase if identity in self._by_id]
        if len(found) < len(effect.erase) or any(entry.erased for entry in found):
            raise StoreFailed("an entry that is to be erased is not there, or was erased meanwhile")
        for entry in found:
            if entry.chain in self._holds:
                raise held(entry.id, entry.chain, self.holds()[entry.chain])
        return found

    def _erase(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._entries[entry.position] = self._by_id[entry.id] = replace(
                entry, salt=b"", payload=b"", agent=None, session=None, type="", severity=None, time=entry.at
            )
        gone = {entry.id for entry in entries}
        for key, repeat in self._repeats.items():
            if not gone.isdisjoint(self._recorded[key]):
                self._repeats[key] = replace(repeat, request=b"")

    def clean(self) -> int:
        """Nothing is derived: nothing is left."""
        return 0

    def holds(self) -> Mapping[bytes, int]:
        """The chains under legal hold, and the position of the entry that says so."""
        self._place()
        return {chain: self._by_id[identity].position for chain, identity in self._holds.items()}

    def entry(self, identity: bytes) -> Entry | None:
        """The entry with this id."""
        self._place()
        return self._by_id.get(identity)

    def entry_at(self, position: int) -> Entry | None:
        """The entry at this position."""
        return self._entries[position] if 0 <= position < self.size() else None

    def scan(self, start: int, limit: int) -> list[Entry]:
        """At most `limit` entries from position `start` on, in position order."""
        return block_of(self._entries[start : start + limit])

    def hashes(self, start: int, limit: int) -> list[bytes]:
        """The hashes of at most `limit` entries from position `start` on."""
        return [entry.hash for entry in self._entries[start : start + limit]]

    def scan_chain(self, chain: bytes, after_seq: int, limit: int) -> list[Entry]:
        """At most `limit` entries of a chain with a seq above `after_seq`, in seq order."""
        return block_of([entry for entry in self._entries if entry.chain == chain and entry.seq > after_seq][:limit])

    def scan_agent(self, workspace: int, dialect: str, agent: str, after_position: int, limit: int) -> list[Entry]:
        """At most `limit` entries of an agent from beyond a position on, in position order."""
        matches = matcher(workspace, Query(dialect, agent=agent), None)
        return block_of([entry for entry in self._entries[max(0, after_position + 1) :] if matches(entry)][:limit])

    def find(self, workspace: int, query: Query) -> Page:
        """A page of entries."""
        matches = matcher(workspace, query, self._searchable.get(query.dialect))
        found = [entry for entry in self._entries if matches(entry)]
        found.sort(key=lambda entry: (entry.time, entry.position), reverse=not query.ascending)
        total = len(found) if query.counted else 0
        if query.after is not None:
            found = [entry for entry in found if _follows(entry, query.after, ascending=query.ascending)]
        found = found[query.offset : query.offset + query.limit]
        return Page(block_of(found, query.most_bytes or MAX_PAGE_BYTES), total)

    def chains(self, workspace: int, dialect: str) -> list[Chain]:
        """The chains of a dialect, by chain key."""
        found = [
            update for update in self._chains.values() if (update.workspace, update.dialect) == (workspace, dialect)
        ]
        return sorted(map(self._chain, found), key=lambda chain: (chain.key, chain.id))

    def chain(self, workspace: int, identity: bytes) -> tuple[str, Chain] | None:
        """The workspace's chain with this id, and its dialect."""
        update = self._chains.get(identity)
        return (update.dialect, self._chain(update)) if update is not None and update.workspace == workspace else None

    def groups(
        self, workspace: int, dialect: str, kind: GroupKind, since: int | None, until: int | None
    ) -> list[Group]:
        """The agents or sessions of a dialect with entries in a span of time, by name."""
        matches = matcher(workspace, Query(dialect, since=since, until=until), None)
        times: dict[str, list[int]] = {}
        for entry in filter(matches, self._entries):
            name = entry.agent if kind == "agent" else entry.session
            if name is not None:
                times.setdefault(name, []).append(entry.time)
        return [Group(name, len(seen), min(seen), max(seen)) for name, seen in sorted(times.items())]

    def census(self) -> tuple[int, list[Chain]]:
        """The ledger's size and every chain with its head."""
        with self._moment:
            return len(self._entries), list(map(self._chain, self._chains.values()))

    def _chain(self, update: ChainUpdate) -> Chain:
        erased = sum(entry.erased for entry in self._entries if entry.chain == update.chain)
        return Chain(update.chain, "" if erased == update.head.seq else update.key, update.head, erased)

    def index(self, limit: int, *, texts: bool = True) -> int:
        """Nothing is derived: nothing is ever left to do."""
        return 0

    def audit(self) -> Iterator[tuple[int | None, str]]:
        """Nothing is derived: nothing can differ."""
        return iter(())

    def ping(self) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing to release."""


def _follows(entry: Entry, after: tuple[int, int], *, ascending: bool) -> bool:
    place = (entry.time, entry.position)
    return place > after if ascending else place < after
