"""What canonical JSON takes of memory while drafts wait: what it is long, not what it was written in."""

from __future__ import annotations

import tracemalloc

import pytest

from affidavit.core import canonical

KEPT = 100


@pytest.mark.parametrize("length", [10, 1_000, 5_000, 100_000])
def test_an_encoded_value_holds_no_more_than_its_bytes(length: int) -> None:
    values = [{"n": number, "text": "x" * length} for number in range(KEPT)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = [canonical.encode(value) for value in values]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / KEPT <= len(kept[-1]) + 100
