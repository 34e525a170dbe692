"""A ledger in memory with a sealer, cranked by hand; every step of a seal can fail, and so can the start after it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from affidavit.core import canonical
from affidavit.core.checkpoint import TreeHead, open_checkpoint
from affidavit.core.entry import Entry
from affidavit.core.merkle import root_of
from affidavit.ledger.published import Published
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.signer import Signer
from affidavit.ledger.store import Checkpoint
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Draft, Projection, Submission, Workspace
from affidavit.storage.memory import MemoryStore
from tests.committing import commit

ORIGIN = "test.example/ledger"
NOW = 1_790_000_000_000_000
SIGNER = Signer(ORIGIN, bytes(range(32)))
TENANT = Workspace(1, "tenant", b"salt of sixteen.")
BEFORE_PUBLISH, AFTER_PUBLISH = "before publish", "after publish"


class Watched(Published):
    """The file, which calls `fault` before and after it is written."""

    def __init__(self, directory: Path, fault: Callable[[str], None] = lambda step: None) -> None:
        super().__init__(directory)
        self.fault = fault

    def write(self, note: bytes) -> None:
        """As it is, with faults."""
        self.fault(BEFORE_PUBLISH)
        super().write(note)
        self.fault(AFTER_PUBLISH)


class Sealed:
    """A store, its file, and a server over them that can be started anew."""

    def __init__(self, directory: Path) -> None:
        self.store = MemoryStore(origin=ORIGIN)
        self.file = Watched(directory)
        self.sent = 0
        self.start()

    def start(self) -> None:
        """As after a crash: nothing is known but what the store and the file have."""
        self.sequencer = Sequencer(self.store, ORIGIN, entropy=os.urandom)
        self.tree = Tree(self.store)
        self.sealer = Sealer(self.store, self.tree, SIGNER, self.file)

    def record(self, count: int = 1, chain: str = "chain") -> list[Entry]:
        """So many entries in one commit."""
        drafts = []
        for _ in range(count):
            self.sent += 1
            payload = canonical.encode({"n": self.sent})
            drafts.append(Draft(payload, Projection(chain, "agent", None, "type", None, None)))
        return commit(self.sequencer, Submission(TENANT, "agentlens", "key_1", NOW, drafts))

    def own(self, submission: Submission | None) -> Entry:
        """Record something of the ledger's own."""
        assert submission is not None
        (entry,) = commit(self.sequencer, submission)
        return entry

    def seal(self) -> Checkpoint | None:
        """One step of the sealer."""
        return self.sealer.seal(NOW + self.sent)

    def newest(self) -> int:
        """The size that the file says was signed; 0 for none."""
        head = self.file.read()
        return 0 if head is None else head.size

    def assert_one_history(self) -> None:
        """The oracle: everything signed is of this ledger, in the file and in the store, and nothing is twice."""
        entries = self.store.scan(0, 1_000_000)
        sizes = []
        for checkpoint in self.store.checkpoints(0, 1_000):
            self._assert_of(open_checkpoint(checkpoint.note, [SIGNER.verifier_key]).head, entries)
            assert open_checkpoint(checkpoint.note, [SIGNER.verifier_key]).head.root == checkpoint.root
            sizes.append(checkpoint.size)
        assert sizes == sorted(set(sizes))
        if self.file.path.exists():
            opened = open_checkpoint(self.file.path.read_bytes(), [SIGNER.verifier_key])
            self._assert_of(opened.head, entries)
            assert opened.head.size >= max(sizes, default=0)

    def _assert_of(self, head: TreeHead, entries: list[Entry]) -> None:
        assert head.origin == ORIGIN
        assert 0 < head.size <= len(entries)
        assert head.root == root_of(entry.hash for entry in entries[: head.size])
