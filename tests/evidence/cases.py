"""A real ledger, usually in memory, its bundles, and tools to change them: what tests of evidence begin with."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from affidavit.core import canonical, ids
from affidavit.core.archive import File, archive
from affidavit.core.bundle import Scope
from affidavit.core.entry import Entry, chain_id, entry_hash
from affidavit.core.merkle import root_of
from affidavit.core.receipt import receipt_of, receipts_name
from affidavit.core.signing import cosign, verifier_key
from affidavit.ledger.bundles import Bundle, Wish
from affidavit.ledger.handovers import handing_over
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.signer import Signer
from affidavit.ledger.store import Checkpoint, Store
from affidavit.ledger.tree import Tree
from affidavit.model import own
from affidavit.model.draft import LEDGER, Draft, Effect, Projection, Submission, Workspace
from affidavit.storage.memory import MemoryStore
from affidavit.verifier.affidavit_verify import Demands, Policy, Report, parse_key, parse_policy, verify

ORIGIN = "test.example/ledger"
ALICE, BOB = Workspace(1, "alice", b"a" * 16), Workspace(2, "bob", b"b" * 16)
START = 1_790_000_000_000_000
"""µs since 1970; every request comes a second after the one before."""
STREAMED = ("headers", "payloads", "nodes", "heads")
Members = dict[str, bytes]


class Ledger:
    """A ledger that is written and sealed by hand. Every number that could be random is counted."""

    def __init__(self, origin: str = ORIGIN, seed: int = 1, store: Store | None = None) -> None:
        self.origin = origin
        self.store = store or MemoryStore()
        self.sequencer = Sequencer(self.store, origin, entropy=self._entropy)
        self.signer = Signer(origin, bytes([seed]) * 32)
        self.receipts = Signer(receipts_name(origin), bytes([seed + 100]) * 32)
        self.tree = Tree(self.store)
        self.seconds = 0
        self._drawn = 0

    @property
    def key(self) -> str:
        """The verifier key."""
        return str(self.signer.verifier_key)

    def _entropy(self, size: int) -> bytes:
        self._drawn += 1
        return (self._drawn.to_bytes(16, "big") * (size // 16 + 1))[:size]

    @property
    def now(self) -> int:
        """µs since 1970."""
        self.seconds += 1
        return START + self.seconds * 1_000_000

    def record(self, key: str, *events: Any, workspace: Workspace = ALICE, dialect: str = "agentlens") -> list[Entry]:
        """One request with these events for one chain. An event's "agent" is its agent."""
        drafts = [
            Draft(canonical.encode(event), Projection(key, event.get("agent", key), key, "type", None, None))
            for event in events
        ]
        return self.submit(Submission(workspace, dialect, "key_1", self.now, drafts))

    def submit(self, submission: Submission) -> list[Entry]:
        """Record it now. A shared store gives positions when it is read: at once, so that their order is ours."""
        ticket: Future[list[Entry]] = Future()
        self.sequencer.submit(submission, ticket)
        self.sequencer.turn()
        self.store.size()
        return ticket.result(0)

    def record_heads(self) -> list[Entry]:
        """Where every chain stands."""
        size, leaves = self.store.roll()
        root = root_of(sha256(b"\0" + leaf).digest() for leaf in leaves)
        return self.submit(own.submission("heads", {"chains": len(leaves), "root": root.hex(), "size": size}, self.now))

    def erase(self, *entries: Entry) -> list[Entry]:
        """Erase payloads, and record that."""
        members = {"authority": "a court", "entries": [ids.uuid_text(entry.id) for entry in entries], "reason": "asked"}
        effect = Effect(erase=tuple(entry.id for entry in entries))
        said = own.submission("erasure", members, self.now)
        return self.submit(Submission(LEDGER, said.dialect, said.by, said.at, said.drafts, effect=effect))

    def rotate(self, seed: int) -> None:
        """A new key signs from now on."""
        new = Signer(self.origin, bytes([seed]) * 32)
        self.submit(handing_over(self.signer, new.verifier_key, self.now))
        self.signer = new

    def forge(self, position: int, **fields: Any) -> None:
        """What the holder of the file can do before it is sealed: another header, with the hash that it gives."""
        assert isinstance(self.store, MemoryStore)
        entries = self.store._entries
        forged = replace(entries[position], **fields)
        forged = replace(forged, hash=entry_hash(forged.header))
        entries[position] = forged

    def seal(self) -> Checkpoint:
        """Sign what is there."""
        before = self.store.checkpoint()
        growth = self.tree.growth()
        note = self.signer.checkpoint(growth.size, growth.root)
        checkpoint = Checkpoint(growth.size, growth.root, note, self.now)
        self.store.seal(before.size if before else 0, checkpoint, growth.tiles)
        self.tree.note_sealed(growth.size)
        return checkpoint

    def cosign(self, witness: Witness, seconds: int = START // 1_000_000) -> str:
        """A witness sees the newest checkpoint, at this time. Returns its line, which is kept."""
        checkpoint = self.store.checkpoint()
        assert checkpoint is not None
        line = cosign(checkpoint.note.partition(b"\n\n")[0] + b"\n", witness.name, witness.seed, seconds).line
        self.store.add_cosignature(checkpoint.size, witness.name, line, self.now)
        return line

    def receipt(self, entries: list[Entry]) -> bytes:
        """What a client gets for these."""
        receipt = receipt_of(self.origin, [entry.id for entry in entries], [entry.hash for entry in entries])
        return self.receipts.receipt(receipt)

    def bundle(self, scope: Scope, *, earlier: Iterable[bytes] = (), witnessed: bool = False) -> bytes:
        """The bundle as a file's bytes. Agents and sessions are Alice's."""
        workspace = ALICE.id if scope.kind in ("agent", "session") else None
        chain = chain_id(ALICE.salt, scope.dialect, scope.name) if scope.kind == "session" else None
        wish = Wish(scope, workspace, chain, tuple(earlier), witnessed)
        return b"".join(Bundle(self.store, self.tree, self.origin, wish).pieces())


def usual(origin: str = ORIGIN, seed: int = 1, store: Store | None = None) -> Ledger:
    """A ledger with three chains of two tenants in two dialects, an erased entry and heads, not sealed yet."""
    ledger = Ledger(origin, seed, store)
    ledger.record("one", {"n": 1, "agent": "ann"}, {"n": 2, "agent": "ben"})
    ledger.record("two", {"n": 3, "agent": "ann"}, workspace=BOB)
    (gone,) = ledger.record("one", {"n": 4, "agent": "ann", "secret": "blue"})
    ledger.record("cid", {"n": 5}, {"n": 6}, dialect="provenlog")
    ledger.erase(gone)
    ledger.record("one", {"n": 7, "agent": "ann"})
    ledger.record("two", {"n": 8}, workspace=BOB)
    ledger.record_heads()
    return ledger


ONE = Scope("chain", chain_id(ALICE.salt, "agentlens", "one"))
ALL = Scope("all")
SCOPES = {
    "all": ALL,
    "chain": ONE,
    "agent": Scope("agent", dialect="agentlens", name="ann"),
    "session": Scope("session", dialect="agentlens", name="one"),
    "range": Scope("range", since=START + 2_000_000, until=START + 4_000_000),
    "ledger": Scope("chain", own.CHAIN),
}


SCOPES_IN_WORDS = {
    "all": "the whole ledger",
    "chain": f"the chain {ONE.chain.hex()}",
    "agent": 'the agent "ann" of agentlens',
    "session": 'the session "one" of agentlens',
}
"""What both programs say that a bundle claims to be."""


def members_of(bundle: bytes) -> Members:
    """What is in a bundle, read by Python's own library."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def packed(members: Members) -> bytes:
    """A bundle of these members."""
    return b"".join(
        archive(File(name, iter([content]) if name in STREAMED else content) for name, content in members.items())
    )


def changed(bundle: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The bundle with one member changed."""
    members = members_of(bundle)
    before = members[name]
    members[name] = change(before)
    assert members[name] != before
    return packed(members)


@dataclass
class Auditor:
    """Who verifies, and what for. Keys and policy as texts."""

    keys: list[str] = field(default_factory=list)
    policy: str = ""
    held: list[bytes] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    max_age: int | None = None
    complete: bool = False
    now: int = START // 1_000_000

    def report(self, bundle: bytes) -> Report:
        """What the verifier says."""
        policy = Policy()
        for key in self.keys:
            policy.trust(parse_key(key))
        if self.policy:
            parse_policy(self.policy.encode(), policy)
        demands = Demands(policy, self.held, self.receipts, self.max_age, self.complete, self.now)
        return verify(io.BytesIO(bundle), demands)

    def codes(self, bundle: bytes) -> tuple[int, list[str]]:
        """Exit code, and the problems' codes in order, each once."""
        report = self.report(bundle)
        return report.exit, list(dict.fromkeys(problem["code"] for problem in report.problems))


def auditor(ledger: Ledger, **demands: Any) -> Auditor:
    """One who trusts the ledger's key and that of its receipts."""
    return Auditor([ledger.key, str(ledger.receipts.verifier_key)], **demands)


class Witness:
    """Who cosigns."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.seed = bytes([seed]) * 32
        self.key = str(verifier_key(name, self.seed, 4))
