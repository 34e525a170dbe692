"""What one event says about its agent: derived by the dialect from the payload alone, folded into scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

Outcome = Literal["success", "failure", "neutral"]


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """An event in the words that every score understands. docs/scores.md lists what counts as what in each dialect.

    outcome     neutral: the agent was there, and nothing was tried or nobody says how it ended
    kind        the vendor's event type
    severity    in the vendor's words
    tool        what was used, where the event is about one
    latency_ms  how long it took, as its client says: any JSON number
    weight      how many failures a failure counts as, at least 1
    """

    outcome: Outcome
    kind: str
    severity: str | None = None
    tool: str | None = None
    latency_ms: int | float | None = None
    weight: int = 1


EvidenceOf = Callable[[Any], Evidence | None]
"""A parsed payload -> its evidence; None where the event is not about what its agent did. Raises ValueError for what
the dialect never accepted."""
