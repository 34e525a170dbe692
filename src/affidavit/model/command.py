"""What a client may have the ledger itself do, beside recording events: seal, erase, hold, release."""

from __future__ import annotations

import msgspec

from affidavit.core.entry import Entry
from affidavit.model.proving import Signed


class Seal(msgspec.Struct, frozen=True):
    """Sign a checkpoint over all that is recorded, now."""


class Erase(msgspec.Struct, frozen=True):
    """Erase entries of the workspace, by their ids (16 bytes). Why, and on whose authority, is kept for ever."""

    entries: tuple[bytes, ...]
    reason: str
    authority: str


class Hold(msgspec.Struct, frozen=True):
    """Put chains of the workspace (ids of 16 bytes) under legal hold, so that nothing of theirs is erased."""

    chains: tuple[bytes, ...]
    reason: str
    authority: str


class Release(msgspec.Struct, frozen=True):
    """Release chains of the workspace from legal hold."""

    chains: tuple[bytes, ...]
    reason: str
    authority: str


Command = Seal | Erase | Hold | Release


class Outcome(msgspec.Struct, frozen=True):
    """What came of a command.

    changed     ids of the entries that it erased, or of the chains that it held or released
    already     of those that were so before
    said        the ledger's own entries that say so
    left        of how many entries copies may be left in files, because somebody goes on reading them
    checkpoint  what was signed; None where nothing was to be
    """

    changed: tuple[bytes, ...] = ()
    already: tuple[bytes, ...] = ()
    said: tuple[Entry, ...] = ()
    left: int = 0
    checkpoint: Signed | None = None
