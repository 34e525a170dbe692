"""What a ledger under test shows of itself, and the sealer that signs it, cranked by hand, with well-known keys."""

from __future__ import annotations

from affidavit.core.checkpoint import TreeHead, parse_checkpoint
from affidavit.core.note import parse_note
from affidavit.core.receipt import receipts_name
from affidavit.ledger.proving import Proving
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.signer import Signer
from affidavit.ledger.tree import Tree
from affidavit.storage.memory import MemoryStore

ORIGIN = "test.example/ledger"
SIGNER = Signer(ORIGIN, bytes(range(32)))
RECEIPTS = Signer(receipts_name(ORIGIN), bytes(range(32, 64)))
CHAINED = {"one": True, "two": False}
"""The dialects of the native API's tests: chains are agents in the first, sessions in the second."""


class Newest:
    """What was signed last, where a server has a file."""

    def __init__(self) -> None:
        self.note: bytes | None = None

    def read(self) -> TreeHead | None:
        """What it says."""
        return None if self.note is None else parse_checkpoint(parse_note(self.note).text)

    def write(self, note: bytes) -> None:
        """Keep it."""
        self.note = note


def proofs_of(store: MemoryStore, tree: Tree) -> Proving:
    """What is shown of this store."""
    return Proving(store, tree, SIGNER.verifier_key, RECEIPTS.verifier_key, CHAINED)


def sealer_of(store: MemoryStore, tree: Tree) -> Sealer:
    """What seals it."""
    return Sealer(store, tree, SIGNER, Newest())
