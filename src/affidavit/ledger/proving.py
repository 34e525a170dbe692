"""What auditors ask of a ledger while it is served: checkpoints, tiles, proofs, heads. All of it is under a signature.

Nothing here reaches beyond the newest checkpoint that is stored: what is shown once is never taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from affidavit.core.bundle import Scope
from affidavit.core.entry import Entry
from affidavit.core.merkle import HASH_BYTES
from affidavit.core.notekey import VerifierKey
from affidavit.core.proof import Proof, format_proof
from affidavit.core.tiles import ENTRIES, TILE_WIDTH, Tile, encode_entries, is_tile_of
from affidavit.errors import InvalidBody, NotFound, StoreUnreadable
from affidavit.ledger import supports
from affidavit.ledger.bundles import Bundle, Wish
from affidavit.ledger.scopes import scan
from affidavit.ledger.store import Store
from affidavit.ledger.supports import HeadsTree
from affidavit.ledger.tree import Tree
from affidavit.ledger.wishes import wish_for
from affidavit.ledger.witnessed import witnessed
from affidavit.model.draft import Workspace
from affidavit.model.proving import Asked, File, Heads, Keys, Place, Signed


class Proving:
    """Implements model.proving.Proofs over a store and the tree that its sealer grows."""

    def __init__(
        self, store: Store, tree: Tree, signer: VerifierKey, receipts: VerifierKey, chained: Mapping[str, bool]
    ) -> None:
        """`chained`: the dialects that record, and whether a chain of theirs is an agent's."""
        self._chained = chained
        self._store = store
        self._tree = tree
        self._signer = signer
        self._receipts = receipts

    def keys(self) -> Keys:
        """The ledger's own keys."""
        rotations = supports.rotations(self._store, self._store.size())
        return Keys(self._signer.name, str(self._signer), str(self._receipts), tuple(map(bytes.decode, rotations)))

    def checkpoint(self, size: int | None = None) -> Signed | None:
        """The newest checkpoint, or the one of exactly this size."""
        found = self._store.checkpoint(size)
        return None if found is None else Signed(found.size, witnessed(self._store, found))

    def tile(self, tile: Tile) -> bytes | None:
        """A tile of the tree under the newest checkpoint; None where that tree has none of this width there."""
        if not is_tile_of(tile, self._sealed_size()):
            return None
        start = tile.number * TILE_WIDTH
        if tile.level == ENTRIES:
            return encode_entries(entry.header for entry in scan(self._store, start, start + tile.width))
        if tile.level == 0:
            return b"".join(self._store.hashes(start, tile.width))
        return self._store.tile(tile.level, tile.number)[: tile.width * HASH_BYTES]

    def inclusion(self, entry: Entry) -> bytes | None:
        """The proof that an entry is under the newest checkpoint, as text (C2SP tlog-proof); None if it is not yet."""
        newest = self.checkpoint()
        if newest is None or entry.position >= newest.size:
            return None
        self._reach(newest.size)
        (hashes,) = self._tree.inclusion([entry], newest.size)
        return format_proof(Proof(entry.position, tuple(hashes), newest.note))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` entries begins with that of `old`.

        Raises ValueError unless 1 <= `old` <= `new` <= the newest checkpoint's size.
        """
        if not 1 <= old <= new <= self._sealed_size():
            raise ValueError(f"there is no proof from {old} to {new} under a checkpoint")
        self._reach(new)
        return self._tree.consistency(old, new)

    def heads(self, chain: bytes | None) -> Heads | None:
        """The newest heads under a checkpoint, with the place of a chain (16 bytes); None where there are none yet."""
        ended = supports.ended(self._store, self._sealed_size())
        if ended is None:
            return None
        entry = self._store.entry_at(ended.position)
        proof = None if entry is None else self.inclusion(entry)
        if entry is None or proof is None:
            raise StoreUnreadable(f"the entry at position {ended.position} is gone: run `affidavit verify`")
        return Heads(entry, proof, None if chain is None else _place(ended.leaves, chain))

    def bundle(self, asked: Asked, workspace: Workspace) -> File:
        """A bundle of evidence, of this workspace's entries unless `everything` is asked for.

        Raises NotFound for a chain of another, InvalidBody for an earlier size that nobody signed or a name that
        several dialects know, NotSealed, NothingToShow.
        """
        wish = replace(self._wish(asked, workspace), earlier=self._earlier(asked.earlier), witnessed=asked.witnessed)
        made = Bundle(self._store, self._tree, self._signer.name, wish)
        return File(made.name, made.pieces())

    def _wish(self, asked: Asked, workspace: Workspace) -> Wish:
        if asked.everything:
            return Wish(Scope("all"))
        if asked.agent is not None:
            return wish_for(self._store, workspace, self._chained, "agent", asked.agent, asked.dialect)
        if asked.session is not None:
            return wish_for(self._store, workspace, self._chained, "session", asked.session, asked.dialect)
        if asked.chain is None:
            return Wish(Scope("range", since=asked.since, until=asked.until), workspace.id)
        if self._store.chain(workspace.id, asked.chain) is None:
            raise NotFound(f"there is no chain {asked.chain.hex()}")
        return Wish(Scope("chain", asked.chain), workspace.id)

    def _earlier(self, sizes: Sequence[int]) -> tuple[bytes, ...]:
        notes = []
        for size in sizes:
            signed = self.checkpoint(size)
            if signed is None:
                raise InvalidBody(f"no checkpoint of {size} entries was signed: name the size of one that you hold")
            notes.append(signed.note)
        return tuple(notes)

    def _sealed_size(self) -> int:
        newest = self._store.checkpoint()
        return 0 if newest is None else newest.size

    def _reach(self, size: int) -> None:
        """The tree grows with the sealer: it may be behind only where another process seals."""
        if self._tree.size < size:
            self._tree.advance()


def _place(leaves: Sequence[bytes], chain: bytes) -> Place | None:
    beginning = b'{"chain":"%b",' % chain.hex().encode()
    for index, leaf in enumerate(leaves):
        if leaf.startswith(beginning):
            return Place(index, leaf, HeadsTree(leaves).inclusion(index))
    return None
