"""Verification of a whole store: every entry, every chain's head, everything derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from affidavit.core.entry import Entry
from affidavit.core.verify import Problem, Project, Verification
from affidavit.errors import StoreUnreadable
from affidavit.ledger.store import Store

BLOCK_ENTRIES = 2_000
"""Entries read at once; with payloads of the largest size this is what bounds memory."""


class AuditReport(msgspec.Struct, frozen=True):
    """How much was verified, and what is wrong with it. No problems: proven."""

    entries: int
    chains: int
    problems: list[Problem]


def audit(
    store: Store,
    origin: str,
    workspace_salts: Mapping[int, bytes],
    project: Project,
    *,
    progress: Callable[[int, int], None] = lambda done, size: None,
) -> AuditReport:
    """Verify what is committed now. Works beside a running server: it looks at one moment of the ledger.

    `progress` gets (entries verified, entries in all). Raises StoreUnreadable if the store cannot be read at all.
    """
    size, chains = store.census()
    verification = Verification(origin, workspace_salts, project)
    problems: list[Problem] = []
    for entry in _entries(store, size):
        if isinstance(entry, Entry):
            problems += verification.check(entry)
        else:
            problems.append(verification.skip(*entry))
        if verification.entries % BLOCK_ENTRIES == 0:
            progress(verification.entries, size)
    problems += verification.check_heads((chain.id, chain.head.seq, chain.head.hash) for chain in chains)
    problems += [Problem("index-mismatch", position, None, None, message) for position, message in store.audit()]
    progress(size, size)
    return AuditReport(verification.entries, len(verification.tips), problems)


def _entries(store: Store, size: int) -> Iterator[Entry | tuple[int, str]]:
    """Every entry below `size` in position order; (position, why) in the place of one that cannot be read."""
    start = 0
    while start < size:
        unreadable = None
        try:
            block = store.scan(start, BLOCK_ENTRIES)
        except StoreUnreadable as error:
            if error.position is None:
                raise
            unreadable = error.position, str(error)
            block = store.scan(start, error.position - start) if error.position > start else []
        for entry in block:
            if entry.position >= size:
                return
            yield entry
        if unreadable:
            yield unreadable
            start = unreadable[0] + 1
        elif block:
            start = block[-1].position + 1
        else:
            return
