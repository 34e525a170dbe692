"""What a dialect makes of a vendor's event before it is recorded."""

from __future__ import annotations

from typing import Final

import msgspec


class Projection(msgspec.Struct, frozen=True, gc=False):
    """What the ledger can be asked about one payload: a pure function of it.

    Texts are `storable`. `time` in µs since 1970: the client's own timestamp; None where it sent none, and the
    entry's `at` counts.
    """

    chain_key: str
    agent: str | None
    session: str | None
    type: str
    severity: str | None
    time: int | None


class Draft(msgspec.Struct, frozen=True, gc=False):
    """An event that a dialect has accepted, not yet recorded. `payload` is canonical JSON."""

    payload: bytes
    projection: Projection


class Once(msgspec.Struct, frozen=True, gc=False):
    """A request that is to be recorded once, however often it comes. SHA-256 digests, 32 bytes each.

    `key`: of whose request it is and the Idempotency-Key it came with. `request`: of its body.
    """

    key: bytes
    request: bytes


class Submission(msgspec.Struct, frozen=True, gc=False):
    """The drafts of one request: recorded together or not at all, in this order. `at` in µs since 1970."""

    workspace: Workspace
    dialect: str
    by: str
    at: int
    drafts: list[Draft]
    once: Once | None = None


class Workspace(msgspec.Struct, frozen=True):
    """A tenant. `salt` (16 bytes) keeps its chain ids from being guessed."""

    id: int
    name: str
    salt: bytes


LEDGER: Final = Workspace(0, "ledger", bytes(16))
"""Whose the ledger's own chain is: no tenant, no key belongs to it, and no store lists it.

Its salt is no secret, so that anybody can compute the chain's id.
"""


def storable(text: str) -> str:
    """Text that every store can keep: a lone surrogate, which UTF-8 cannot write, becomes its escape."""
    if text.isascii():
        return text
    return text.encode("utf-8", errors="backslashreplace").decode()
