"""What calls of models used: money and tokens, as `cost_tracked` and `llm_response` tell them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from affidavit.dialects.typenames import is_number

USAGE_TYPES: Final = ("cost_tracked", "llm_response")
MAX_AMOUNT: Final = 2**53
"""Numbers beyond this, either way, are no amounts: no sum of them could be told."""

Number = int | float


class Usage(msgspec.Struct):
    """Sums over some events. `cost` in US dollars."""

    events: int = 0
    cost: Number = 0
    input: Number = 0
    output: Number = 0
    total: Number = 0
    cache_read: Number = 0
    cache_write: Number = 0

    def add(self, payload: Mapping[str, Any]) -> None:
        """Count an event of one of USAGE_TYPES. Tokens stand in the payload, or in its `usage`."""
        usage = payload.get("usage")
        tokens = {**usage, **payload} if type(usage) is dict else payload
        self.events += 1
        self.cost += amount(payload.get("costUsd"))
        self.input += amount(tokens.get("inputTokens"))
        self.output += amount(tokens.get("outputTokens"))
        self.total += amount(tokens.get("totalTokens"))
        self.cache_read += amount(tokens.get("cacheReadTokens"))
        self.cache_write += amount(tokens.get("cacheWriteTokens"))


def amount(value: Any) -> Number:
    """A JSON number that can be summed; 0 for anything else."""
    return value if is_number(value) and -MAX_AMOUNT <= value <= MAX_AMOUNT else 0


class Mean(msgspec.Struct):
    """The mean of amounts; 0 of none."""

    count: int = 0
    sum: Number = 0

    def add(self, value: Any) -> None:
        """Count a value; what is no number does not count."""
        if is_number(value):
            self.count += 1
            self.sum += amount(value)

    @property
    def value(self) -> Number:
        return plain(self.sum / self.count) if self.count else 0


def plain(value: Number) -> Number:
    """A number as JavaScript writes it: without a fraction where it has none."""
    return int(value) if value == int(value) else value
