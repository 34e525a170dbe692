"""Makes bundles: a scope of the ledger with all that proves it, as a stream of bytes. docs/formats/bundle.md.

What is made depends on the newest checkpoint, the scope, and what is known about both: the same again gives the same
bytes. Reads the store beside a server; needs 8 bytes an entry of the scope, and 200 a chain of the ledger.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from affidavit.core import bundle
from affidavit.core.archive import File, archive
from affidavit.core.bundle import Scope, blocks, hash_line
from affidavit.core.checkpoint import TreeHead, parse_checkpoint
from affidavit.core.entry import Entry
from affidavit.core.multiproof import multiproof_spans
from affidavit.core.note import parse_note
from affidavit.errors import ErasedSince, NothingToShow, NotSealed
from affidavit.ledger import supports
from affidavit.ledger.bundle_readme import readme
from affidavit.ledger.scopes import Selection, read, select
from affidavit.ledger.store import Checkpoint, Store
from affidavit.ledger.supports import Ended, HeadsTree
from affidavit.ledger.tree import Tree

LIMIT = 1 << 53
"""A bundle's numbers are below it: docs/formats/bundle.md."""
_SPANS_AT_ONCE = 1_000


class Wish(msgspec.Struct, frozen=True):
    """What somebody asks for.

    workspace  whose agents and sessions, or, of a range, whose entries; None: everybody's
    chain      where the scope is an agent or a session that has a chain of its own, that chain
    earlier    signed checkpoints from which the bundle shall prove that nothing was rewritten since
    witnessed  at the newest checkpoint that a witness has cosigned, not at the newest of all
    """

    scope: Scope
    workspace: int | None = None
    chain: bytes | None = None
    earlier: tuple[bytes, ...] = ()
    witnessed: bool = False


class Bundle:
    """One bundle at the newest checkpoint. Made when it can be made; `pieces` then reads the ledger once more, twice.

    Raises NotSealed where there is no checkpoint yet, ErasedSince, NothingToShow where the scope is empty,
    EvidenceError for an earlier checkpoint that is not one of this ledger; StoreError.
    """

    def __init__(self, store: Store, tree: Tree, origin: str, wish: Wish) -> None:
        if len(bundle.claims(origin, wish.scope, 0)) > bundle.MAX_SMALL_BYTES >> 1:
            raise NothingToShow("the name is too long for a bundle: ask for its chain by id")
        if not all(0 <= time < LIMIT for time in (wish.scope.since, wish.scope.until) if time is not None):
            raise NothingToShow("a bundle's times are from 1970 to 2255: leave one away that is to be open")
        newest = _newest(store, wish)
        self._store, self._tree, self.origin, self._wish = store, tree, origin, wish
        self.checkpoint: Checkpoint = newest
        tree.advance()
        self._earlier = sorted(
            {
                head.size: (head, note) for note in wish.earlier if (head := self._checked(note)).size < newest.size
            }.items()
        )
        selection = select(store, wish.scope, wish.workspace, wish.chain, newest.size)
        if not selection.positions:
            raise NothingToShow(f"the ledger has no entry of this {wish.scope.kind} under its newest checkpoint")
        self._erasures = supports.erasures(store, newest.size)
        self._refuse_unsealed_erasure(selection)
        self._ended = supports.ended(store, newest.size)
        self._listed = [] if self._ended is None else _listed(self._ended, selection, wish.scope)
        self.positions = self._with_supports(selection)

    @property
    def name(self) -> str:
        """A name for the file."""
        return f"{self._wish.scope.kind}-{self.checkpoint.size}.affidavit"

    def pieces(self) -> Iterator[bytes]:
        """The file's bytes. Raises ErasedSince if something was erased meanwhile; StoreError."""
        return archive(self._files())

    def _files(self) -> Iterator[File]:
        yield File(bundle.README, readme(self.origin, self._wish.scope, len(self.positions), self.checkpoint.size))
        yield File(bundle.CLAIMS, bundle.claims(self.origin, self._wish.scope, len(self.positions)))
        yield File(
            bundle.CHECKPOINT, self.checkpoint.note + "".join(self._store.cosignatures(self.checkpoint.size)).encode()
        )
        yield File(bundle.HEADERS, blocks(bundle.header_line(entry.position, entry.header) for entry in self._read()))
        yield File(bundle.PAYLOADS, blocks(map(self._payload_line, self._read())))
        yield File(bundle.NODES, blocks(map(hash_line, self._nodes())))
        if self._ended is not None:
            nodes = HeadsTree(self._ended.leaves).nodes(index for index, _ in self._listed)
            yield File(bundle.HEADS, blocks(bundle.heads_member(self._ended.position, self._listed, nodes)))
        for size, (_, note) in self._earlier:
            signed, consistency = bundle.earlier_names(size)
            yield File(signed, note)
            yield File(consistency, b"".join(map(hash_line, self._tree.consistency(size, self.checkpoint.size))))
        for number, note in enumerate(supports.rotations(self._store, self.checkpoint.size), 1):
            yield File(bundle.key_name(number), note)
        timestamp = self._store.timestamp(self.checkpoint.size)
        if timestamp is not None:
            yield File(bundle.TIMESTAMP, timestamp)

    def _read(self) -> Iterator[Entry]:
        return read(self._store, self.positions)

    def _payload_line(self, entry: Entry) -> bytes:
        if not entry.erased:
            return bundle.payload_line(entry.salt, entry.payload)
        if entry.id not in self._erasures:
            raise _erased_since(entry)
        return bundle.ERASED

    def _refuse_unsealed_erasure(self, selection: Selection) -> None:
        """Raises ErasedSince before the first byte is sent, where an erasure is known that no checkpoint covers."""
        is_all = self._wish.scope.kind == "all"
        erased = supports.erased_since(self._store, self.checkpoint.size) if is_all else selection.erased
        for identity in erased:
            if identity in self._erasures:
                continue
            entry = self._store.entry(identity)
            if entry is not None and entry.position < self.checkpoint.size:
                raise _erased_since(entry)

    def _nodes(self) -> Iterator[bytes]:
        """What the included entries lack for the root, a batch of spans at a time."""
        spans = multiproof_spans(self.positions, self.checkpoint.size)
        while some := list(islice(spans, _SPANS_AT_ONCE)):
            yield from self._tree.nodes(some)

    def _with_supports(self, selection: Selection) -> Sequence[int]:
        """The positions of the scope, and of what supports it."""
        if self._wish.scope.kind == "all":
            return selection.positions
        own = {self._erasures[identity] for identity in selection.erased if identity in self._erasures}
        if self._ended is not None:
            own.add(self._ended.position)
        return array("q", sorted(own.union(selection.positions)))

    def _checked(self, note: bytes) -> TreeHead:
        """An earlier checkpoint, which must be of this ledger for any proof to lead to it."""
        head = parse_checkpoint(parse_note(note).text)
        if head.origin != self.origin or head.size > self.checkpoint.size:
            raise NothingToShow(
                f"a checkpoint of {head.origin} with {head.size:,} entries is not an earlier one of {self.origin}, "
                f"which has {self.checkpoint.size:,} under its newest"
            )
        return head


def _erased_since(entry: Entry) -> ErasedSince:
    return ErasedSince(
        f"the entry at position {entry.position} was erased after the newest checkpoint: ask again in a second, or run "
        "`affidavit seal` first"
    )


def _newest(store: Store, wish: Wish) -> Checkpoint:
    if wish.witnessed:
        sizes = store.cosigned(1)
        if not sizes:
            raise NotSealed(
                "no witness has cosigned a checkpoint of this ledger yet: ask for a bundle without witnesses"
            )
        found = store.checkpoint(sizes[0])
    else:
        found = store.checkpoint()
    if found is None:
        raise NotSealed("this ledger has no checkpoint yet: run `affidavit seal`, then ask again")
    return found


def _listed(ended: Ended, selection: Selection, scope: Scope) -> list[tuple[int, bytes]]:
    """The (index, leaf) of the chains that the scope has whole."""
    leaves: Iterable[tuple[int, bytes]] = enumerate(ended.leaves)
    if scope.kind == "all":
        return list(leaves)
    return [(index, leaf) for index, leaf in leaves if _is_whole(leaf, selection)]


def _is_whole(leaf: bytes, selection: Selection) -> bool:
    fields = msgspec.json.decode(leaf)
    return selection.is_whole(bytes.fromhex(fields["chain"]), fields["seq"])
