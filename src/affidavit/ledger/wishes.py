"""What clients and operators ask bundles of, as wishes: whose chain it is, and which dialect knows the name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from affidavit.core.bundle import Scope
from affidavit.core.entry import chain_id
from affidavit.errors import InvalidBody, NothingToShow
from affidavit.ledger.bundles import Wish
from affidavit.ledger.store import Store
from affidavit.model.draft import Workspace, storable
from affidavit.model.query import Query

Named = Literal["agent", "session"]


def wish_for(
    store: Store, workspace: Workspace, chained: Mapping[str, bool], kind: Named, name: str, dialect: str | None
) -> Wish:
    """The entries of an agent or a session of this `name`, as it was sent, in the one dialect that knows it.

    `chained`: the dialects that record, and whether a chain of theirs is an agent's; else it is a session's. Raises
    InvalidBody where several know the name, or there is no such dialect, NothingToShow where none does.
    """
    if dialect is not None and dialect not in chained:
        raise InvalidBody(f"there is no dialect {dialect[:80]}: there are {', '.join(sorted(chained))}")
    text = storable(name)
    candidates = sorted(chained) if dialect is None else [dialect]
    found = [wish for each in candidates if (wish := _in(store, workspace, each, chained[each], kind, text))]
    if not found:
        raise NothingToShow(f"no entry names the {kind} {text[:200]}")
    if len(found) > 1:
        known = ", ".join(wish.scope.dialect for wish in found)
        raise InvalidBody(f"the {kind} is known to {known}: name one as the dialect")
    return found[0]


def _in(store: Store, workspace: Workspace, dialect: str, by_agent: bool, kind: Named, name: str) -> Wish | None:
    """Where the dialect's chains are these, the chain itself: it knows erased entries, which name nobody."""
    scope = Scope(kind, dialect=dialect, name=name)
    if by_agent == (kind == "agent"):
        own = chain_id(workspace.salt, dialect, name)
        return Wish(scope, workspace.id, own) if store.heads([own]) else None
    of_agent, of_session = (name, None) if kind == "agent" else (None, name)
    query = Query(dialect, agent=of_agent, session=of_session, limit=1, counted=False)
    return Wish(scope, workspace.id) if store.find(workspace.id, query).entries else None
