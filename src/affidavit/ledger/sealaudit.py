"""Verification of what was sealed: checkpoints, tiles and heads against the entries, all computed anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from affidavit.core import canonical
from affidavit.core.checkpoint import TreeHead, open_checkpoint, parse_checkpoint
from affidavit.core.merkle import HASH_BYTES
from affidavit.core.note import parse_note
from affidavit.core.verify import Code, Problem
from affidavit.errors import EvidenceError, StoreError, StoreUnreadable
from affidavit.ledger.handovers import Signers
from affidavit.ledger.heads import heads_members, heads_root
from affidavit.ledger.opentiles import OpenTiles
from affidavit.ledger.store import Checkpoint, Store
from affidavit.model import own
from affidavit.model.query import Chain

_READ_HASHES = 16_384
_OWN_LOOKED_AT = 1_000
"""Of the ledger's own entries: others than heads may be the newest."""
_CHECKPOINTS = 1_000
"""Read at once."""


def check_sealed(
    store: Store, size: int, newest: Checkpoint | None, published: TreeHead | None, signers: Signers
) -> Iterator[Problem]:
    """Every checkpoint up to `newest`, which was read before `size` was, has the root of the entries below its size.

    `published`: what the file `checkpoint` says. The tiles under `newest` are compared too.
    """
    signed = [] if published is None else [(published.size, published.root, "the file `checkpoint`")]
    try:
        for checkpoint in _upto(store, newest):
            signed.append((checkpoint.size, checkpoint.root, "a checkpoint"))
            yield from _check_note(checkpoint, signers)
        opened = OpenTiles()
        for sealed, root, where in sorted(signed):
            if sealed > size:
                message = f"{where} is of {sealed:,} entries, here are {size:,}: an older copy, or its end is gone"
                yield _problem("checkpoint-mismatch", message)
                continue
            yield from _grow(store, opened, sealed)
            if opened.size == sealed and opened.root() != root:
                message = f"{where} of {sealed:,} entries has root {root.hex()}, the entries give {opened.root().hex()}"
                yield _problem("checkpoint-mismatch", message)
            if newest is not None and sealed == newest.size:
                yield from _compare(store, opened.changed_since(0), whole=False)
    except StoreError as error:  # the entries have been read by now: what cannot be read any more was made of them
        yield _problem("checkpoint-mismatch", str(error))


def _upto(store: Store, newest: Checkpoint | None) -> Iterator[Checkpoint]:
    after, last = 0, newest.size if newest else 0
    while after < last:
        block = [each for each in store.checkpoints(after, _CHECKPOINTS) if each.size <= last]
        if not block:
            return
        yield from block
        after = block[-1].size


def _check_note(checkpoint: Checkpoint, signers: Signers) -> Iterator[Problem]:
    try:
        note = checkpoint.note
        key = signers.at(checkpoint.size)
        head = open_checkpoint(note, [key]).head if key else parse_checkpoint(parse_note(note).text)
    except EvidenceError as error:
        yield _problem("checkpoint-mismatch", f"the note of the checkpoint of {checkpoint.size:,} entries: {error}")
        return
    if (head.size, head.root) != (checkpoint.size, checkpoint.root):
        message = f"the note of the checkpoint of {checkpoint.size:,} entries says {head.size:,}, {head.root.hex()}"
        yield _problem("checkpoint-mismatch", message)


def _grow(store: Store, opened: OpenTiles, size: int) -> Iterator[Problem]:
    """Up to `size` entries; every tile that becomes full on the way is compared."""
    while opened.size < size:
        leaves = store.hashes(opened.size, min(_READ_HASHES, size - opened.size))
        if not leaves:
            return
        yield from _compare(store, opened.take(leaves), whole=True)


def _compare(store: Store, tiles: Mapping[tuple[int, int], bytes], *, whole: bool) -> Iterator[Problem]:
    """An open tile may have grown since."""
    for (level, number), hashes in tiles.items():
        stored = store.tile(level, number)
        if (stored if whole else stored[: len(hashes)]) != hashes:
            message = f"tile {number} of level {level} is not made of the entries below it"
            what = f"{len(stored) // HASH_BYTES} hashes stored, {len(hashes) // HASH_BYTES} expected"
            yield _problem("tile-mismatch", f"{message} ({what})")


def check_newest_heads(store: Store, size: int, chains: Sequence[Chain]) -> Iterator[Problem]:
    """The newest heads entry commits to where every chain stood. `chains` with their heads at `size`.

    An entry that cannot be read on the way was told already.
    """
    with suppress(StoreUnreadable):
        yield from _check_newest_heads(store, size, chains)


def _check_newest_heads(store: Store, size: int, chains: Sequence[Chain]) -> Iterator[Problem]:
    now = {chain.id: (chain.head.seq, chain.head.hash) for chain in chains}
    seq, _ = now.get(own.CHAIN, (0, b""))
    for entry in reversed(store.scan_chain(own.CHAIN, max(0, seq - _OWN_LOOKED_AT), _OWN_LOOKED_AT)):
        if entry.position >= size or entry.type != "heads":
            continue
        members = heads_members(entry)
        if members is None:
            return  # its payload is not what was committed to, which is told already
        then = _heads_then(store, members["size"], size, now)
        leaves = [
            canonical.encode({"chain": chain.hex(), "head": head.hex(), "seq": seq})
            for chain, (seq, head) in sorted(then.items())
        ]
        if (len(leaves), heads_root(leaves).hex()) != (members["chains"], members["root"]):
            message = f"the heads of {members['chains']} chains below position {members['size']} were others"
            yield Problem("heads-mismatch", entry.position, own.CHAIN.hex(), entry.seq, message)
        return


def _heads_then(
    store: Store, then: int, size: int, now: Mapping[bytes, tuple[int, bytes]]
) -> dict[bytes, tuple[int, bytes]]:
    """Where chains stood when the ledger had `then` entries: before the first that each got since."""
    heads, moved = dict(now), set[bytes]()
    while then < size:
        block = store.scan(then, _CHECKPOINTS)
        for entry in block:
            if entry.position < size and entry.chain not in moved:
                moved.add(entry.chain)
                heads[entry.chain] = (entry.seq - 1, entry.prev)
                if entry.seq == 1:
                    del heads[entry.chain]
        if not block:
            break
        then = block[-1].position + 1
    return heads


def _problem(code: Code, message: str) -> Problem:
    return Problem(code, None, None, None, message)
