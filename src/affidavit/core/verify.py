"""Verification of a ledger's entries, as a numbered list. Each step names the change it finds.

 1. position    entries lie at 0, 1, 2, ... without a gap       an entry cut out of the middle
 2. hash        SHA-256 of the rebuilt header is the stored     any changed byte of a header field or of the hash
 3. commitment  salt and payload give the header's `payload`    any changed byte of a payload or a salt, or one
                and the salt has its length; an erased entry    moved from the one to the other
                has neither
 4. sequence    seq is one more than the chain's last           an entry removed from, or doubled in, a chain
 5. link        prev is the hash of the chain's last entry      a relinked, reordered, spliced or transplanted entry
 6. time        `at` does not run backwards within the chain    a backdated entry
 7. chain       the id is that of workspace, dialect, chain key an entry moved to another chain or tenant
 8. projection  agent, session, type, severity, time, rebuilt   an edited search column
 9. head        every chain's stored head is its last entry     a chain's end cut off, a chain hidden or invented

That erased entries, and they alone, are named by erasures of the ledger's own chain is `core.erasures`' to find.

It proves that the store is consistent with itself. Whoever holds the file can rewrite all of it: against that
stand checkpoints kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, Protocol

import msgspec

from affidavit.core.entry import SALT_BYTES, Entry, chain_id, entry_hash, genesis, payload_commitment

Code = Literal[
    "position-gap",
    "hash-mismatch",
    "payload-mismatch",
    "sequence-gap",
    "link-broken",
    "time-backwards",
    "chain-mismatch",
    "projection-mismatch",
    "head-mismatch",
    "row-unreadable",
    "index-mismatch",
    "checkpoint-mismatch",
    "tile-mismatch",
    "heads-mismatch",
    "signer-mismatch",
    "erasure-unauthorised",
    "erasure-hollow",
    "erasure-undone",
]


class Problem(msgspec.Struct, frozen=True):
    """One thing that is not as it must be. `chain` in hex; position, chain and seq are None where they are unknown."""

    code: Code
    position: int | None
    chain: str | None
    seq: int | None
    message: str


class Projected(Protocol):
    """What a dialect derives from a payload; `time` None where `at` counts."""

    @property
    def chain_key(self) -> str: ...
    @property
    def agent(self) -> str | None: ...
    @property
    def session(self) -> str | None: ...
    @property
    def type(self) -> str: ...
    @property
    def severity(self) -> str | None: ...
    @property
    def time(self) -> int | None: ...


Project = Callable[[str, bytes], Projected]
"""(dialect, payload) -> projection. Raises when there is none."""


class Tip(msgspec.Struct, gc=False):
    """Where a chain stands: the entry that the next one must link to. `rehashed` is what its header really gives."""

    seq: int
    hash: bytes
    rehashed: bytes
    at: int


def first_tip(origin: str, chain: bytes) -> Tip:
    """The tip of a chain without entries."""
    start = genesis(origin, chain)
    return Tip(0, start, start, 0)


def check_entry(entry: Entry, tip: Tip) -> tuple[list[tuple[Code, str]], Tip]:
    """Steps 2 to 6 for the next entry of a chain. Returns what is wrong with it, and the new tip."""
    found: list[tuple[Code, str]] = []
    # 2. hash
    rehashed = entry_hash(entry.header)
    if rehashed != entry.hash:
        found.append(("hash-mismatch", f"the header hashes to {rehashed.hex()}, stored is {entry.hash.hex()}"))
    # 3. commitment
    if not entry.erased:
        commitment = payload_commitment(entry.salt, entry.payload)
        if len(entry.salt) != SALT_BYTES:
            found.append(("payload-mismatch", f"the salt has {len(entry.salt)} bytes, not {SALT_BYTES}"))
        if commitment != entry.commitment:
            found.append(
                ("payload-mismatch", f"payload and salt commit to {commitment.hex()}, not to {entry.commitment.hex()}")
            )
    # 4. sequence
    if entry.seq != tip.seq + 1:
        found.append(("sequence-gap", f"seq is {entry.seq} where {tip.seq + 1} is next in the chain"))
    # 5. link: what the entry before really gives counts too, so that one changed byte is one problem
    if entry.prev != tip.hash and entry.prev != tip.rehashed:
        found.append(("link-broken", f"prev is {entry.prev.hex()}, the entry before hashes to {tip.hash.hex()}"))
    # 6. time
    if entry.at < tip.at:
        found.append(("time-backwards", f"at is {entry.at}, the entry before it has {tip.at}"))
    return found, Tip(entry.seq, entry.hash, rehashed, entry.at)


class Verification:
    """Verifies a ledger entry by entry, in position order. Ask `check` for each, then `check_heads` once."""

    def __init__(self, origin: str, workspace_salts: Mapping[int, bytes], project: Project) -> None:
        self._origin = origin
        self._salts = workspace_salts
        self._project = project
        self._position = 0
        self.entries = 0
        self._owners: dict[bytes, tuple[int, str]] = {}
        self.tips: dict[bytes, Tip] = {}

    def check(self, entry: Entry) -> list[Problem]:
        """Steps 1 to 8 for the next entry. Of an erased one, 7 cannot be more than that its chain has one owner."""
        found: list[tuple[Code, str]] = []
        # 1. position
        if entry.position != self._position:
            found.append(("position-gap", f"position is {entry.position} where {self._position} is next"))
        self._position = entry.position + 1
        self.entries += 1
        tip = self.tips.get(entry.chain) or first_tip(self._origin, entry.chain)
        # 2. to 6.
        linked, self.tips[entry.chain] = check_entry(entry, tip)
        found += linked
        # 7. and 8.
        found += self._check_projection(entry) if not entry.erased else self._check_emptiness(entry)
        if all(code not in ("chain-mismatch", "projection-mismatch") for code, _ in found):
            found += self._check_owner(entry)
        chain = entry.chain.hex()
        return [Problem(code, entry.position, chain, entry.seq, message) for code, message in found]

    def skip(self, position: int, message: str) -> Problem:
        """An entry that cannot even be read stands at `position`."""
        self._position = position + 1
        self.entries += 1
        return Problem("row-unreadable", position, None, None, message)

    def _check_projection(self, entry: Entry) -> Iterator[tuple[Code, str]]:
        try:
            projected = self._project(entry.dialect, entry.payload)
        except Exception as error:  # a payload that was tampered with must not hide what comes after it
            yield "projection-mismatch", f"the payload cannot be projected: {type(error).__name__}: {error}"
            return
        # 7. chain
        salt = self._salts.get(entry.workspace)
        if salt is None:
            yield "chain-mismatch", f"workspace {entry.workspace} does not exist"
        elif chain_id(salt, entry.dialect, projected.chain_key) != entry.chain:
            yield "chain-mismatch", "the chain is not the one that the payload and its workspace give"
        # 8. projection
        time = entry.at if projected.time is None else projected.time
        for name, stored, rebuilt in (
            ("agent", entry.agent, projected.agent),
            ("session", entry.session, projected.session),
            ("type", entry.type, projected.type),
            ("severity", entry.severity, projected.severity),
            ("time", entry.time, time),
        ):
            if stored != rebuilt:
                yield "projection-mismatch", f"{name} is stored as {stored!r}, the payload says {rebuilt!r}"

    def _check_owner(self, entry: Entry) -> Iterator[tuple[Code, str]]:
        """Step 7: a chain has one owner. The only way to tell whose an erased entry is."""
        owner = self._owners.setdefault(entry.chain, (entry.workspace, entry.dialect))
        if owner != (entry.workspace, entry.dialect):
            yield "chain-mismatch", f"the chain began in workspace {owner[0]}, dialect {owner[1]}"

    def _check_emptiness(self, entry: Entry) -> Iterator[tuple[Code, str]]:
        """Steps 7 and 8 for an erased entry."""
        if entry.workspace not in self._salts:
            yield "chain-mismatch", f"workspace {entry.workspace} does not exist"
        if (entry.agent, entry.session, entry.type, entry.severity, entry.time) != (None, None, "", None, entry.at):
            yield "erasure-undone", "the entry is erased, and projections of it are back"

    def check_heads(self, heads: Iterable[tuple[bytes, int, bytes]]) -> Iterator[Problem]:
        """Step 9. `heads`: (chain, seq, hash) as the store lists them."""
        unseen = dict(self.tips)
        for chain, seq, digest in heads:
            tip = unseen.pop(chain, None)
            if tip is None:
                yield _headless(chain, seq, f"the store lists this chain up to seq {seq}, but has no entry of it")
            elif tip.seq != seq or digest not in (tip.hash, tip.rehashed):
                yield _headless(
                    chain, seq, f"the stored head is seq {seq}, {digest.hex()}; the last entry is seq {tip.seq}, "
                    f"{tip.hash.hex()}"
                )  # fmt: skip
        for chain, tip in unseen.items():
            yield _headless(chain, tip.seq, f"the chain has {tip.seq} entries, but the store does not list it")


def _headless(chain: bytes, seq: int, message: str) -> Problem:
    return Problem("head-mismatch", None, chain.hex(), seq, message)
