"""What proves a ledger to others while it is served: its keys, its tree and its store, put together."""

from __future__ import annotations

from pathlib import Path

from affidavit.core.receipt import receipts_name
from affidavit.ledger.proving import Proving
from affidavit.ledger.signer import Signer, create_signer, load_signer
from affidavit.ledger.tree import Tree
from affidavit.storage.sqlite import SqliteStore
from affidavit.wiring.directory import SIGNER_FILE

RECEIPTS_FILE = "receipts.key"


def receipts_signer(directory: Path, origin: str) -> Signer:
    """The key that signs receipts, made when a ledger is served for the first time. Raises DataDirectoryError."""
    path, name = directory / RECEIPTS_FILE, receipts_name(origin)
    return load_signer(path, name) if path.exists() else create_signer(path, name)


def proving_of(store: SqliteStore, tree: Tree, directory: Path) -> Proving:
    """What the ledger of a data directory shows of itself. Raises DataDirectoryError."""
    signer = load_signer(directory / SIGNER_FILE, store.origin)
    return Proving(store, tree, signer.verifier_key, receipts_signer(directory, store.origin).verifier_key)
