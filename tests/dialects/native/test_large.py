"""Pages of large payloads: shorter than asked for, and complete in the end."""

from __future__ import annotations

import json

from affidavit.model.query import BLOCK_BYTES
from tests.dialects.native.conftest import ONE, TWO, Client, draft

EACH = 900_000
COUNT = 12


def test_a_page_ends_at_so_many_bytes_and_its_cursor_goes_on(client: Client) -> None:
    """Those of one dialect fill a page, those of another lie between them and behind them."""
    positions = []
    for number in range(COUNT):
        (large,) = client.record(draft(text="x" * EACH, time=2 * number), dialect=ONE)
        (small,) = client.record(draft(chain="t", time=2 * number + 1), dialect=TWO)
        positions += [large.position, small.position]
    walked, lengths, cursor = [], [], ""
    while cursor is not None:
        page = json.loads(client.ask("entries", limit=200, order="asc", cursor=cursor).body)
        walked += [entry["position"] for entry in page["entries"]]
        lengths.append(sum(len(json.dumps(entry)) for entry in page["entries"]))
        cursor = page["next"]
    assert walked == positions
    assert len(lengths) == 2
    assert max(lengths) < BLOCK_BYTES + 2 * EACH
