"""Every score there is, over one ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from affidavit.core.entry import Entry
from affidavit.dialects.contract import Dialect
from affidavit.ledger.repeats import Repeated
from affidavit.ledger.scores import Scores
from affidavit.ledger.store import Store
from affidavit.reputation.asn import Trust, TrustHistory
from affidavit.reputation.beta import Beta
from affidavit.reputation.pecta import Pecta

SCORERS = (Pecta(), Trust(), TrustHistory(), Beta())
ALGORITHMS = tuple(scorer.algorithm for scorer in SCORERS)
ANSWERED = Pecta.algorithm
"""The score that an ingest answers with."""


def scores_of(store: Store, dialects: Iterable[Dialect]) -> Scores:
    """Scores over a ledger in these dialects."""
    known = [dialect for dialect in dialects if dialect.ingests]
    return Scores(
        store,
        SCORERS,
        {dialect.name: dialect.evidence for dialect in known},
        chained_by_agent={dialect.name for dialect in known if dialect.agent_chains},
    )


def note_committed(scores: Scores, entries: Sequence[Entry]) -> bool:
    """Entries whose answer will ask for their agents' scores: folded now. Returns whether nothing is read for it then.

    Entries of a repeated request were folded when they were new.
    """
    return not isinstance(entries, Repeated) and scores.take(entries, ANSWERED)
