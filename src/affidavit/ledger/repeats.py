"""Requests that come again: what the first recorded is the answer to all of them (Idempotency-Key)."""

from __future__ import annotations

from collections.abc import Sequence

from affidavit.core.entry import Entry
from affidavit.core.instants import DAY
from affidavit.errors import KeyReused
from affidavit.ledger.store import Store
from affidavit.model.draft import Once, Submission

REMEMBERED = DAY
"""How long a request counts as the same one, in µs."""


class Repeated(list[Entry]):
    """Entries that an earlier request with the same key and body recorded."""


def recorded_before(store: Store, submissions: Sequence[Submission]) -> dict[bytes, bytes]:
    """The digests of those of the submissions' keys and claims that came before, by key."""
    keys = [submission.once.key for submission in submissions if submission.once is not None]
    keys += [submission.claim for submission in submissions if submission.claim]
    return dict(store.repeats(keys, submissions[0].at - REMEMBERED)) if keys else {}


def entries_of(store: Store, request: bytes, once: Once) -> Repeated:
    """What the first request, with the digest `request`, recorded. Raises KeyReused if `once` is of another one, or any
    of it has been erased.
    """
    if not request:
        raise _erased()
    if once.request != request:
        raise KeyReused(
            "this Idempotency-Key came with another body within the last 24 hours: use a new key for a new request"
        )
    found = Repeated(store.repeated(once.key))
    if any(entry.erased for entry in found):  # its digest is about to go
        raise _erased()
    return found


def _erased() -> KeyReused:
    return KeyReused(
        "what was recorded with this Idempotency-Key has been erased since: use a new key for a new request"
    )
