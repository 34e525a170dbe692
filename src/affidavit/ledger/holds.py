"""Legal holds: what is under one is erased by nobody, until it is released. Both are entries of the ledger's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.errors import NotFound
from affidavit.ledger.erasure import Grounds
from affidavit.ledger.store import Store
from affidavit.model import own
from affidavit.model.draft import Effect, Submission, Workspace
from affidavit.model.query import Query

MAX_CHAINS: Final = 1_000
"""Chains that one entry names."""
BLOCK_ENTRIES: Final = 500

Act = Literal["hold", "release"]


def chains_with(
    store: Store, workspace: Workspace, dialects: Iterable[str], *, agent: str | None, session: str | None
) -> list[bytes]:
    """Every chain that has an entry of this agent, or of this session, in any of the dialects."""
    asked = [Query(dialect, agent=agent, session=session, limit=BLOCK_ENTRIES, counted=False) for dialect in dialects]
    return sorted({entry.chain for query in asked for entry in _all(store, workspace, query)})


def _all(store: Store, workspace: Workspace, query: Query) -> Iterator[Entry]:
    step = query
    while block := store.find(workspace.id, step).entries:
        yield from block
        step = replace(step, after=(block[-1].time, block[-1].position))


def orders(act: Act, store: Store, chains: Iterable[bytes], grounds: Grounds, at: int) -> list[Submission]:
    """What is appended to hold, or to release, these chains; nothing where that is how things are.

    Raises NotFound, before anything is done, for a chain that is not there, InvalidBody for grounds that are none.
    """
    wanted = sorted(set(chains))
    there, holds = store.heads(wanted), store.holds()
    for chain in wanted:
        if chain not in there:
            raise NotFound(f"there is no chain {chain.hex()}: nothing was changed")
    changed = [chain for chain in wanted if (chain in holds) == (act == "release")]
    return [
        _order(act, tuple(changed[start : start + MAX_CHAINS]), grounds, at)
        for start in range(0, len(changed), MAX_CHAINS)
    ]


def _order(act: Act, chains: tuple[bytes, ...], grounds: Grounds, at: int) -> Submission:
    effect = Effect(hold=chains) if act == "hold" else Effect(release=chains)
    members = {**grounds.members(), "chains": [chain.hex() for chain in chains]}
    return replace(own.submission(act, members, at), effect=effect)
