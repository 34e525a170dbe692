"""Rotation of the signer: the ledger's old key hands over to a new one. Where no server runs."""

from __future__ import annotations

from affidavit.ledger.handovers import handing_over
from affidavit.ledger.published import Published
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.signer import Signer, create_signer
from affidavit.ledger.tree import Tree
from affidavit.wiring.ledger import take_lead
from affidavit.wiring.orders import now, orders
from affidavit.wiring.place import Place
from affidavit.wiring.signing import NEXT_FILE, OLD_FILE, SIGNER_FILE, destroy, settled_signer, take_over


def rotate_signer(place: Place) -> tuple[Signer, Signer]:
    """The signer that was, and the one that is. In the steps of wiring/signing.py.

    Raises DirectoryInUse where a server runs, DataDirectoryError, StoreError.
    """
    directory = place.directory
    with orders(place, "the server keeps its key while it runs", signing=True) as ordering:
        store = ordering.store
        take_lead(store, place, f"stop all of them, and copy the new {SIGNER_FILE} to each before it starts again")
        tree, published = Tree(store), Published(directory)
        old = settled_signer(store, directory, store.origin)
        Sealer(store, tree, old, published).seal(now())
        new = create_signer(directory / NEXT_FILE, store.origin)
        ordering.append(handing_over(old, new.verifier_key, now()))
        take_over(directory)
        destroy(directory / OLD_FILE)
        Sealer(store, tree, new, published).seal(now())
    return old, new
