"""What proves a ledger to others while it is served: its keys, its tree and its store, put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from affidavit.core.entry import Entry
from affidavit.core.receipt import receipt_of
from affidavit.dialects.contract import Dialect
from affidavit.ledger.proving import Proving
from affidavit.ledger.signer import Signer, load_signer
from affidavit.ledger.tree import Tree
from affidavit.wiring.ledger import Ledger
from affidavit.wiring.signing import SIGNER_FILE


def proving_of(store: Ledger, tree: Tree, directory: Path, receipts: Signer, spoken: Iterable[Dialect]) -> Proving:
    """What the ledger of a data directory shows of itself. Raises DataDirectoryError."""
    signer = load_signer(directory / SIGNER_FILE, store.origin)
    chained = {dialect.name: dialect.agent_chains for dialect in spoken if dialect.ingests}
    return Proving(store, tree, signer.verifier_key, receipts.verifier_key, chained)


def receipt_signed(signer: Signer, origin: str, entries: Sequence[Entry]) -> bytes:
    """The receipt for the entries of an answer, in its order."""
    made = receipt_of(origin, [entry.id for entry in entries], (entry.hash for entry in entries))
    return signer.receipt(made)
