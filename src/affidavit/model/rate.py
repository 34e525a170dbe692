"""Where a key stands with its rate limit: what vendors tell their clients in headers."""

from __future__ import annotations

import msgspec


class Rate(msgspec.Struct, frozen=True):
    """`limit`, `remaining`: requests. `reset`: when all of the limit is there again, in seconds since 1970.

    `retry_after`: seconds until the next request may come; 0 if this one may go on. `reset_after`: seconds until
    `reset`.
    """

    limit: int
    remaining: int
    reset: float
    retry_after: int = 0
    reset_after: float = 0.0
