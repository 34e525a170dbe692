"""The sealer: puts what was committed under a signed checkpoint, one step at a time.

A step, of which every one can be the last before a crash:

 1. read      what was signed last: in the file, and in the store
 2. grow      the tree to the entries that are durable now
 3. compare   both must be of this very tree: it begins with them, or nothing is signed
 4. sign      size and root; the same entries give the same note again
 5. publish   the note into the file
 6. store     checkpoint and tiles, if the newest there is still the one that was read

After a crash between 5 and 6 the file is ahead of the store: the next step signs the same, or more, and stores that.
Nothing of a step is remembered but the tree.

Where several servers share the ledger, one of them leads. The others do 1 to 3, and take over into their own file what
was signed: each of them knows an older copy by what it has seen itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from affidavit.core.checkpoint import TreeHead
from affidavit.errors import DataDirectoryError
from affidavit.ledger.copies import older_copy, other_history
from affidavit.ledger.handovers import handovers
from affidavit.ledger.signer import Signer
from affidavit.ledger.store import Checkpoint, Store
from affidavit.ledger.tree import Tree


class Newest(Protocol):
    """Where the newest note stands for everybody."""

    def read(self) -> TreeHead | None:
        """What was signed last."""
        ...

    def write(self, note: bytes) -> None:
        """Put this in its place, durably."""
        ...


class Sealer:
    """Seals one ledger. One for a ledger in a process, and one thread at a time. `led`: what `leads` said last."""

    def __init__(self, store: Store, tree: Tree, signer: Signer, newest: Newest) -> None:
        self._store = store
        self._tree = tree
        self._signer = signer
        self._newest = newest
        self.led = False
        self._is_signer = True

    def leads(self) -> bool:
        """Whether it is for this one to seal, and to have heads recorded. Who has just become the one that does looks
        whether its signer is still the ledger's: raises DataDirectoryError, once, where it is not.
        """
        led, self.led = self.led, self._is_signer and self._store.lead()
        if self.led and not led and self._store.shared:
            self._refuse_other_signer()
        return self.led

    def seal(self, now: int, rest: Callable[[], None] = lambda: None) -> Checkpoint | None:
        """A step; `now` in µs since 1970. Returns the newest checkpoint, None for a ledger without entries.

        `rest` is called in between where there is much to do. Raises OlderCopy and OtherHistory where this is not the
        ledger of the newest checkpoint, or not what it was: that does not pass. DataDirectoryError, StoreError where
        the next step may work.
        """
        leads = self.leads()
        published, stored = self._newest.read(), self._store.checkpoint()
        growth = self._tree.growth(rest)
        if published is not None:
            if published.origin != self._signer.name:
                raise _of_another(published.origin, self._signer.name)
            self._refuse_other(published.size, published.root)
        if stored is not None:
            self._refuse_other(stored.size, stored.root)
        before = stored.size if stored else 0
        if growth.size == before or not leads:
            if stored is not None:
                self._tree.note_sealed(before)
                if published is None or published.size < before:
                    self._newest.write(stored.note)
            return stored
        checkpoint = Checkpoint(growth.size, growth.root, self._signer.checkpoint(growth.size, growth.root), now)
        self._newest.write(checkpoint.note)
        self._store.seal(before, checkpoint, growth.tiles)
        self._tree.note_sealed(growth.size)
        return checkpoint

    def _refuse_other(self, size: int, root: bytes) -> None:
        """Raises unless the tree begins with the one that was signed."""
        if size > self._tree.size:
            raise older_copy(f"this ledger has {self._tree.size:,} entries, but its signer has signed {size:,}")
        if self._tree.root_at(size) != root:
            raise other_history(f"the first {size:,} entries of this ledger are not those that its signer has signed")

    def _refuse_other_signer(self) -> None:
        """Raises where another took over meanwhile: by another server, from whose directory ours was not brought."""
        past = handovers(self._store, self._store.size())
        if past and past[-1].new != self._signer.verifier_key:
            self._is_signer = self.led = False
            raise DataDirectoryError(
                f"this server's signer is {self._signer.verifier_key}, but since the entry at position "
                f"{past[-1].position} the ledger's is {past[-1].new}: it seals nothing any more. Bring that key from "
                "the data directory of the server that has it, and start this one again"
            )


def _of_another(theirs: str, ours: str) -> DataDirectoryError:
    return DataDirectoryError(
        f"the file `checkpoint` in the data directory is of {theirs}, but this ledger is {ours}: put it back to its own"
    )
