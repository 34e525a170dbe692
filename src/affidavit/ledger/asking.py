"""All that a dialect may ask while a request is served: one workspace's ledger, its scores, and who is known at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from affidavit.core.entry import Entry, chain_id
from affidavit.ledger.reader import Reader, VerifiedChains
from affidavit.ledger.scores import Scores
from affidavit.ledger.store import Store
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Workspace
from affidavit.model.proving import Proofs
from affidavit.model.reading import Held
from affidavit.model.score import Score, Subject

Tenants = Callable[[], Iterable[Workspace]]


class Asking(Reader):
    """Implements model.reading.Reading for one request. Any thread may call it."""

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        verified: VerifiedChains,
        scores: Scores,
        tenants: Tenants,
        now: int,
        tree: Tree,
        proofs: Proofs,
    ) -> None:
        """`now`: when the request was received, µs since 1970. `tenants`: every workspace there is."""
        super().__init__(store, workspace, verified)
        self._scores = scores
        self._tenants = tenants
        self._now = now
        self._tree = tree
        self._proofs = proofs

    @property
    def dialects(self) -> tuple[str, ...]:
        """Every dialect that records, by name."""
        return self._scores.dialects

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What `score` can compute."""
        return self._scores.algorithms

    @property
    def proofs(self) -> Proofs:
        """What the ledger shows of itself."""
        return self._proofs

    def score(self, algorithm: str, dialect: str, agent: str, *, upto: Entry | None = None) -> Score:
        """An agent's score now, or as it was answered when `upto` was its newest entry."""
        if upto is not None:
            return self._scores.as_of(upto, algorithm, upto.at)
        return self._scores.score(Subject(self.workspace, dialect, agent), algorithm, self._now)

    def scores(self, algorithm: str, entries: Sequence[Entry]) -> list[Score]:
        """The score of each entry's agent as of that entry, in the order given."""
        return self._scores.as_of_each(entries, algorithm)

    def root(self) -> tuple[bytes, int]:
        """The root of the tree over the whole ledger, and its size."""
        return self._tree.root()

    def inclusion(self, entries: Sequence[Entry], size: int) -> list[list[bytes]]:
        """For each entry, the proof that it is in the tree of this size."""
        return self._tree.inclusion(entries, size)

    def holds(self, after: bytes, limit: int) -> list[Held]:
        """At most `limit` of the workspace's chains under legal hold with an id beyond `after`, by id."""
        found: list[Held] = []
        for identity, position in sorted(self._store.holds().items()):
            if identity <= after or len(found) == limit:
                continue
            chain, entry = self._store.chain(self.workspace.id, identity), self._store.entry_at(position)
            if chain is not None and entry is not None:
                found.append(Held(*chain, entry))
        return found

    def is_known(self, dialect: str, chain_key: str) -> bool:
        """Whether any workspace has a chain with this key."""
        return home_of(self._store, self._tenants(), dialect, chain_key) is not None


def home_of(store: Store, tenants: Iterable[Workspace], dialect: str, chain_key: str) -> Workspace | None:
    """The workspace that has a chain with this key; the oldest, if several do."""
    chains = {chain_id(workspace.salt, dialect, chain_key): workspace for workspace in tenants}
    heads = store.heads(list(chains))
    return next((workspace for chain, workspace in chains.items() if chain in heads), None)
