"""What a commit brings, as runs of consecutive entries of a chain: each run gets its positions in one piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from affidavit.core.entry import Entry


def arrival(entries: Sequence[Entry]) -> dict[str, Any]:
    """The row of `arrivals`. A run ends where the entries go on with another chain."""
    chains: list[bytes] = []
    firsts: list[int] = []
    sizes: list[int] = []
    ids: list[bytes] = []
    last = b""
    for entry in entries:
        if entry.chain == last:
            sizes[-1] += 1
        else:
            last = entry.chain
            chains.append(last)
            firsts.append(entry.seq)
            sizes.append(1)
            ids.append(entry.id)
    return {"id": entries[0].id, "chains": chains, "firsts": firsts, "sizes": sizes, "ids": ids}
