"""Verification of a whole store: every entry, every chain's head, everything derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from affidavit.core.checkpoint import TreeHead
from affidavit.core.entry import Entry, chain_id
from affidavit.core.erasures import Erasures
from affidavit.core.notekey import VerifierKey
from affidavit.core.verify import Code, Problem, Project, Tip, Verification
from affidavit.errors import StoreUnreadable
from affidavit.ledger.handovers import Signers, handovers
from affidavit.ledger.headsaudit import HeadsTrail
from affidavit.ledger.sealaudit import check_newest_heads, check_sealed
from affidavit.ledger.store import Checkpoint, Store
from affidavit.model import own
from affidavit.model.draft import LEDGER
from affidavit.model.query import Chain

BLOCK_ENTRIES = 250
"""Entries read at once."""


class AuditReport(msgspec.Struct, frozen=True):
    """How much was verified, and what is wrong with it. No problems: proven.

    `heads_passed`: heads entries that were not compared with where chains stood; never the newest.
    """

    entries: int
    chains: int
    problems: list[Problem]
    heads_passed: int = 0


def audit(
    store: Store,
    origin: str,
    workspace_salts: Mapping[int, bytes],
    project: Project,
    *,
    signer: VerifierKey | None = None,
    published: TreeHead | None = None,
    progress: Callable[[int, int], None] = lambda done, size: None,
) -> AuditReport:
    """Verify what is committed now. Works beside a running server: it looks at one moment of the ledger.

    `signer`: its key, where it is at hand; `published`: what the file `checkpoint` says, read before. `progress`
    gets (entries verified, entries in all). Raises StoreUnreadable if the entries or the chains cannot be
    read at all.
    """
    sealed = store.checkpoint()
    size, chains = store.census()
    salts = {**workspace_salts, LEDGER.id: LEDGER.salt}
    verification = Verification(origin, salts, project)
    erasures = Erasures(own.CHAIN)
    owners: set[tuple[int, str]] = set()
    trail = HeadsTrail()
    problems: list[Problem] = []
    for entry in _entries(store, size):
        if isinstance(entry, Entry):
            found = verification.check(entry)
            if found:
                trail.distrust()
            problems += [*found, *trail.check(entry)]
            erasures.check(entry)
            owners.add((entry.workspace, entry.dialect))
        else:
            problems.append(verification.skip(*entry))
            trail.distrust()
        if verification.entries % BLOCK_ENTRIES == 0:
            progress(verification.entries, size)
    problems += verification.check_heads((chain.id, chain.head.seq, chain.head.hash) for chain in chains)
    begun = [chain for chain in chains if chain.id in verification.tips]  # of others there is no entry to compare with
    problems += _check_times(begun, verification.tips)
    problems += _check_listing(store, begun, owners, salts)
    problems += _check_erasures(store, erasures, size, chains)
    problems += _check_signed(store, size, sealed, published, signer)
    told = {problem.position for problem in problems if problem.code == "heads-mismatch"}
    problems += [problem for problem in check_newest_heads(store, size, chains) if problem.position not in told]
    problems += _check_derived(store)
    progress(size, size)
    return AuditReport(verification.entries, len(verification.tips), problems, trail.passed)


def _entries(store: Store, size: int, start: int = 0) -> Iterator[Entry | tuple[int, str]]:
    """Every entry from `start` below `size` in position order; (position, why) for one that cannot be read."""
    limit = BLOCK_ENTRIES
    while start < size:
        try:
            block = store.scan(start, limit)
        except StoreUnreadable as error:
            if error.position is None:
                raise
            if limit > 1:
                limit = 1  # one by one up to the entry that it is
                continue
            yield error.position, str(error)
            start, limit = error.position + 1, BLOCK_ENTRIES
            continue
        for entry in block:
            if entry.position >= size:
                return
            yield entry
        if not block:
            return
        start = block[-1].position + 1


def _check_times(chains: Iterable[Chain], tips: Mapping[bytes, Tip]) -> Iterator[Problem]:
    """A head's time is what the next entry may not go behind."""
    for chain in chains:
        last = tips[chain.id].at
        if chain.head.at != last:
            message = f"the stored head's time is {chain.head.at}, the last entry's is {last}"
            yield _of_chain("head-mismatch", chain, message)


def _check_listing(
    store: Store, chains: Iterable[Chain], owners: Iterable[tuple[int, str]], salts: Mapping[int, bytes]
) -> Iterator[Problem]:
    """Every chain is listed where its entries belong, under its own key: a chain's id binds all three."""
    unlisted = {chain.id: chain for chain in chains}
    for workspace, dialect in sorted(owners):
        for chain in store.chains(workspace, dialect):
            unlisted.pop(chain.id, None)
            salt = salts.get(workspace)
            if chain.gone:
                if chain.key:
                    yield _of_chain("erasure-undone", chain, "all its entries are erased, and its key is back")
            elif salt is None or chain_id(salt, dialect, chain.key) != chain.id:
                yield _of_chain(
                    "chain-mismatch", chain,
                    f"workspace {workspace} lists this chain in {dialect} under {chain.key!r}, whose chain it is not",
                )  # fmt: skip
    for chain in unlisted.values():
        yield _of_chain("chain-mismatch", chain, "no workspace that has entries of its dialect lists this chain")


def _check_erasures(store: Store, erasures: Erasures, size: int, chains: Iterable[Chain]) -> Iterator[Problem]:
    """What was erased meanwhile is named by an entry from `size` on."""
    counted = {chain.id: chain.erased for chain in chains}
    if not erasures.agree or any(counted.get(chain, 0) != count for chain, count in erasures.counts.items()):
        now, chains = store.census()
        counted = {chain.id: chain.erased for chain in chains}
        for entry in _entries(store, now, start=size):
            if isinstance(entry, Entry) and entry.chain == own.CHAIN and not entry.erased:
                erasures.check_named(entry)
    yield from erasures.problems(store.entry, counted)


def _check_signed(
    store: Store, size: int, sealed: Checkpoint | None, published: TreeHead | None, newest: VerifierKey | None
) -> Iterator[Problem]:
    try:
        signers = Signers(handovers(store, size), newest)
    except StoreUnreadable as error:
        yield Problem("signer-mismatch", error.position, own.CHAIN.hex(), None, str(error))
        signers = Signers([], None)
    yield from signers.problems()
    yield from check_sealed(store, size, sealed, published, signers)


def _check_derived(store: Store) -> Iterator[Problem]:
    """The entries have been read by now: what cannot be read any more is derived from them."""
    try:
        for position, message in store.audit():
            yield Problem("index-mismatch", position, None, None, message)
    except StoreUnreadable as error:
        yield Problem("index-mismatch", error.position, None, None, str(error))


def _of_chain(code: Code, chain: Chain, message: str) -> Problem:
    return Problem(code, None, chain.id.hex(), chain.head.seq, message)
