"""Rotation of the signer: the ledger's old key hands over to a new one. Where no server runs."""

from __future__ import annotations

from pathlib import Path

from affidavit.ledger.handovers import handing_over
from affidavit.ledger.published import Published
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.signer import Signer, create_signer
from affidavit.ledger.tree import Tree
from affidavit.wiring.orders import now, orders
from affidavit.wiring.signing import NEXT_FILE, OLD_FILE, destroy, settled_signer, take_over


def rotate_signer(directory: Path) -> tuple[Signer, Signer]:
    """The signer that was, and the one that is. In the steps of wiring/signing.py.

    Raises DirectoryInUse where a server runs, DataDirectoryError, StoreError.
    """
    with orders(directory, "the server keeps its key while it runs") as ordering:
        store = ordering.store
        tree, published = Tree(store), Published(directory)
        old = settled_signer(store, directory, store.origin)
        Sealer(store, tree, old, published).seal(now())
        new = create_signer(directory / NEXT_FILE, store.origin)
        ordering.append(handing_over(old, new.verifier_key, now()))
        take_over(directory)
        destroy(directory / OLD_FILE)
        Sealer(store, tree, new, published).seal(now())
    return old, new
