"""What the ledger shows of itself to auditors: of all workspaces at once, signed, and alike for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from affidavit.core.entry import Entry
from affidavit.core.tiles import Tile
from affidavit.model.draft import Workspace


class Keys(msgspec.Struct, frozen=True):
    """Whom to believe, as texts. `rotations`: the notes by which signers handed over to `signer`, oldest first."""

    origin: str
    signer: str
    receipts: str
    rotations: tuple[str, ...]


class Signed(msgspec.Struct, frozen=True):
    """A checkpoint of `size` entries: its signed note, with the lines of the witnesses that are known."""

    size: int
    note: bytes


class Place(msgspec.Struct, frozen=True):
    """Where a chain ended: its leaf of the heads tree, as canonical JSON, and the proof that it is leaf `index`."""

    index: int
    leaf: bytes
    hashes: list[bytes]


class Heads(msgspec.Struct, frozen=True):
    """The ledger's newest word on where its chains stood.

    entry  the ledger's own entry: its payload has the size of the heads tree, its root, and the ledger's size then
    proof  that this entry is under a checkpoint, as text
    place  of the chain that was asked for; None where it had no entry yet
    """

    entry: Entry
    proof: bytes
    place: Place | None


class Asked(msgspec.Struct, frozen=True):
    """What a bundle of evidence is asked for: one of these, or `everything`, which is beyond any workspace.

    agent, session    a name, as it was sent; `dialect`: whose, where several know it
    chain             of the workspace, 16 bytes
    since, until      when entries were received, µs since 1970, both included; either may be missing
    earlier           sizes of checkpoints from which the bundle shall prove that nothing was rewritten since
    witnessed         at the newest checkpoint that a witness has cosigned
    """

    agent: str | None = None
    session: str | None = None
    dialect: str | None = None
    chain: bytes | None = None
    since: int | None = None
    until: int | None = None
    everything: bool = False
    earlier: tuple[int, ...] = ()
    witnessed: bool = False


class File(msgspec.Struct, frozen=True):
    """A file that is made while it is read. `pieces` raises as its maker does, at any of them."""

    name: str
    pieces: Iterator[bytes]


class Proofs(Protocol):
    """One for a ledger. Any thread may call it; all raise StoreError."""

    def keys(self) -> Keys:
        """The ledger's own keys."""
        ...

    def checkpoint(self, size: int | None = None) -> Signed | None:
        """The newest checkpoint, or the one of exactly this size."""
        ...

    def tile(self, tile: Tile) -> bytes | None:
        """A tile of the tree under the newest checkpoint; None where that tree has none of this width there."""
        ...

    def inclusion(self, entry: Entry) -> bytes | None:
        """The proof that an entry is under the newest checkpoint, as text (C2SP tlog-proof); None if it is not yet."""
        ...

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` entries begins with that of `old` (RFC 6962 section 2.1.2).

        Raises ValueError unless 1 <= `old` <= `new` <= the newest checkpoint's size.
        """
        ...

    def bundle(self, asked: Asked, workspace: Workspace) -> File:
        """A bundle of evidence (docs/formats/bundle.md), of this workspace's entries unless `everything` is asked for.

        Raises NotFound for a chain of another, InvalidBody for an earlier size that nobody signed or a name that
        several dialects know, NotSealed, NothingToShow.
        """
        ...

    def heads(self, chain: bytes | None) -> Heads | None:
        """The newest heads under a checkpoint, with the place of a chain (16 bytes); None where there are none yet."""
        ...
