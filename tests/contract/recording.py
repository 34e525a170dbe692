"""A store with a sequencer on it: entries as they really come to be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from itertools import count
from typing import Any, Protocol

from msgspec.structs import replace

from affidavit.access.keys import KeyStore
from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.store import Batch, Rebuild, Store
from affidavit.model.draft import Draft, Projection, Submission, Workspace
from affidavit.storage.memory import MemoryStore

ORIGIN = "ledger.example/contract"
SEARCHABLE = {"agentlens": "$.payload", "provenlog": "$"}
AT = 1_790_000_000_000_000
"""When everything is received, µs since 1970, unless a test says otherwise."""


class AnyStore(Store, KeyStore, Protocol):
    """What every store is."""


def entropy() -> Callable[[int], bytes]:
    """Bytes that never repeat, the same in every run."""
    turns = count()
    return lambda size: hashlib.shake_128(next(turns).to_bytes(8, "big")).digest(size)


def draft(
    payload: Any = None,
    *,
    agent: str | None = "agent",
    session: str | None = "session",
    kind: str = "note",
    severity: str | None = "info",
    time: int | None = None,
    chain: str | None = None,
) -> Draft:
    """A draft; its chain is that of its session unless told otherwise."""
    key = chain if chain is not None else session or agent or "chain"
    return Draft(canonical.encode({"payload": payload}), Projection(key, agent, session, kind, severity, time))


class Recording:
    """Records drafts in a store, in its first workspace."""

    def __init__(self, store: AnyStore) -> None:
        self.store = store
        self.workspace = next(iter(store.workspaces()), None) or store.add_workspace("first", b"salt of sixteen.")
        self.sequencer = Sequencer(store, ORIGIN, entropy=entropy())

    def record(
        self, drafts: Sequence[Draft], *, workspace: Workspace | None = None, dialect: str = "agentlens", at: int = AT
    ) -> list[Entry]:
        """One request, one commit. Returns its entries as the store reads them."""
        ticket: Future[list[Entry]] = Future()
        self.sequencer.submit(Submission(workspace or self.workspace, dialect, "key_1", at, list(drafts)), ticket)
        self.sequencer.turn()
        return placed(self.store, ticket.result(timeout=0))


def placed(store: Store, committed: Sequence[Entry]) -> list[Entry]:
    """The entries that were committed, as the store reads them: the same, in their places in the ledger."""
    read = [entry for entry in (store.entry(entry.id) for entry in committed) if entry is not None]
    positions = [entry.position for entry in (read if store.shared else committed)]
    assert read == [replace(entry, position=at) for entry, at in zip(committed, positions, strict=True)]
    return read


class _Keeping(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.batches: list[Batch] = []

    def append(self, batch: Batch, rebuild: Rebuild | None = None) -> None:
        super().append(batch, rebuild)
        self.batches.append(batch)


def batches(*requests: Sequence[Draft]) -> list[Batch]:
    """What a sequencer would append for these requests, one commit each, to be appended by hand."""
    store = _Keeping()
    recording = Recording(store)
    for drafts in requests:
        recording.record(drafts)
    return store.batches


def index_fully(store: Store) -> int:
    """Index until nothing is left; how many entries were moved."""
    moved = 0
    while step := store.index(1000):
        moved += step
    return moved


def everything(store: Store) -> tuple[int, list[Entry], Mapping[str, Any]]:
    """All that a store says about itself without being asked for anything in particular."""
    size, chains = store.census()
    return size, store.scan(0, size + 1), {chain.key: chain for chain in chains}
