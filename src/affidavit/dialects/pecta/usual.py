"""Evaluations as nearly all are, recognised in one call: a tenth of what looking rule by rule costs.

The types say what the rules in wire.py say, and no more: what they take, the rules take. What they do not take is for
the rules, which find words for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from affidavit.dialects.parameters import instant_of
from affidavit.dialects.pecta.limits import (
    MAX_EVALUATION_ID,
    MAX_GATES,
    MAX_LATENCY_MS,
    MAX_NAME,
    MAX_REASON,
)

_Name = Annotated[str, Meta(max_length=MAX_NAME)]


class _Gate(msgspec.Struct, gc=False):
    name: _Name
    passed: bool
    latency_ms: int | float
    reason: Annotated[str, Meta(max_length=MAX_REASON)] | None = None
    skipped: bool | None = None


class _Evaluation(msgspec.Struct, gc=False):
    agent_id: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    passed: bool
    gates: Annotated[list[_Gate], Meta(max_length=MAX_GATES)]
    total_latency_ms: Annotated[int, Meta(le=MAX_LATENCY_MS)] | Annotated[float, Meta(le=MAX_LATENCY_MS)]
    tool: _Name | None = None
    timestamp: str | None = None
    evaluation_id: Annotated[str, Meta(max_length=MAX_EVALUATION_ID)] | None = None


_EVALUATIONS: Final = list[_Evaluation]


def are_usual(events: Sequence[Any]) -> bool:
    """Whether values that `canonical.parse` returned are evaluations beyond doubt; False says nothing."""
    try:
        evaluations = msgspec.convert(events, _EVALUATIONS)
    except (msgspec.ValidationError, UnicodeEncodeError):  # the latter: a lone surrogate in a name
        return False
    return all(not sent.timestamp or instant_of(sent.timestamp) is not None for sent in evaluations)
