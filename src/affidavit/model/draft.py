"""What a dialect makes of a vendor's event before it is recorded."""

from __future__ import annotations

import re
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

    `key`: of whose request it is and the Idempotency-Key it came with. `request`: of the same, and its body.
    """

    key: bytes
    request: bytes


class Effect(msgspec.Struct, frozen=True):
    """What a request does to what is there, besides adding the entry that says so. All ids have 16 bytes.

    erase     entries whose payload and salt go, with all that was derived from them
    hold      chains that come under legal hold: nothing of theirs can be erased
    release   chains that are under it no more
    """

    erase: tuple[bytes, ...] = ()
    hold: tuple[bytes, ...] = ()
    release: tuple[bytes, ...] = ()


class Submission(msgspec.Struct, frozen=True, gc=False):
    """The drafts of one request: recorded together or not at all, in this order. `at` in µs since 1970.

    `claim`: a SHA-256 digest of what it records that nobody else may, for whom other servers cannot be kept waiting: of
    those with the same claim, one is recorded a day. Empty: there is no such thing.
    """

    workspace: Workspace
    dialect: str
    by: str
    at: int
    drafts: list[Draft]
    once: Once | None = None
    effect: Effect | None = None
    claim: bytes = b""


class Workspace(msgspec.Struct, frozen=True):
    """A tenant. `salt` (16 bytes) keeps its chain ids from being guessed."""

    id: int
    name: str
    salt: bytes


LEDGER: Final = Workspace(0, "ledger", bytes(16))
"""Whose the ledger's own chain is: no tenant, no key belongs to it, and no store lists it.

Its salt is no secret, so that anybody can compute the chain's id.
"""


_ODD: Final = re.compile(r"\x00|[\ud800-\udfff]|\\(?=u(?:0000|005c|d[89a-f][0-9a-f]{2}))")
_ESCAPE: Final = re.compile(r"\\u(0000|005c|d[89a-f][0-9a-f]{2})")


def storable(text: str) -> str:
    r"""Text that every store can keep, another for each text. `as_sent` undoes it.

    A lone surrogate, which UTF-8 cannot write, and U+0000, which PostgreSQL does not take, become their escapes
    (`\ud83d`, `\u0000`); the backslash of what looks like one of these becomes `\u005c`. To be called once: what it
    returned, it would escape again.
    """
    if "\\" not in text and "\0" not in text:
        try:
            text.isascii() or text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return text
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_sent(stored: str) -> str:
    """The text that `storable` was given."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), stored) if "\\" in stored else stored
