"""Ledgers as a witness sees them: signed sizes and roots, and proofs between them. Honest ones, and one with a fork."""

from __future__ import annotations

from hashlib import sha256

from affidavit.core.checkpoint import TreeHead, format_checkpoint
from affidavit.core.merkle import consistency_spans, root_of
from affidavit.core.notekey import VerifierKey
from affidavit.core.proposal import Proposal, format_proposal
from affidavit.core.signing import signed_note, verifier_key


class Log:
    """A tree of made-up leaves. `story`: logs of one name and another story agree up to `fork` leaves only."""

    def __init__(self, origin: str = "log.example/1", story: str = "", fork: int = 0) -> None:
        self.origin = origin
        self.seed = sha256(origin.encode()).digest()
        self._story, self._fork = story, fork

    @property
    def key(self) -> VerifierKey:
        """What its checkpoints are verified with."""
        return verifier_key(self.origin, self.seed)

    def leaves(self, start: int, end: int) -> list[bytes]:
        """Leaf hashes."""
        stories = [self._story if number >= self._fork else "" for number in range(start, end)]
        return [sha256(b"%s %d" % (s.encode(), n)).digest() for s, n in zip(stories, range(start, end), strict=True)]

    def checkpoint(self, size: int, *, seed: bytes | None = None) -> bytes:
        """The signed note of a size; by another key, where `seed` is given."""
        text = format_checkpoint(TreeHead(self.origin, size, root_of(self.leaves(0, size))))
        return signed_note(text, self.origin, seed or self.seed)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        """That the tree of `new` leaves begins with that of `old`."""
        spans = consistency_spans(old, new) if 0 < old < new else []
        return tuple(root_of(self.leaves(start, end)) for start, end in spans)

    def proposal(self, old: int, new: int) -> bytes:
        """A good request body."""
        return format_proposal(Proposal(old, self.proof(old, new), self.checkpoint(new)))
