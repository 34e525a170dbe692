"""Drafts become entries: sequence, link and hash, for one commit in the making."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from affidavit.core.entry import UNPLACED, Entry, entry_hash, genesis, header, payload_commitment
from affidavit.ledger.store import Batch, ChainUpdate, Repeat
from affidavit.model.draft import Submission
from affidavit.model.query import Head


class Build:
    """The entries of one commit. Touches nothing outside itself until the store has them."""

    def __init__(self, origin: str, position: int | None, known: Mapping[bytes, Head]) -> None:
        """`position`: of the first entry; None where they get theirs later. `known`: the heads to build on."""
        self._origin = origin
        self._position, self._step = (UNPLACED, 0) if position is None else (position, 1)
        self._known = known
        self._updates: dict[bytes, tuple[int, int, str, str]] = {}
        self.heads: dict[bytes, Head] = {}

    def entries(
        self, submission: Submission, chains: Sequence[bytes], identities: Iterator[bytes], salts: Iterator[bytes]
    ) -> list[Entry]:
        """Sequence, link and hash the drafts of one request."""
        workspace, dialect, by, received = submission.workspace.id, submission.dialect, submission.by, submission.at
        entries, heads = [], self.heads
        for draft, chain in zip(submission.drafts, chains, strict=True):
            projection = draft.projection
            head = heads.get(chain) or self._open(chain, submission, projection.chain_key)
            salt, identity, seq = next(salts), next(identities), head.seq + 1
            at = received if received > head.at else head.at  # never backwards within a chain
            commitment = payload_commitment(salt, draft.payload)
            digest = entry_hash(header(at, by, chain, dialect, identity, commitment, head.hash, seq))
            entries.append(
                Entry(
                    self._position, chain, seq, at, identity, by, dialect, head.hash, digest, commitment, salt,
                    draft.payload, workspace, projection.agent, projection.session, projection.type,
                    projection.severity, at if projection.time is None else projection.time,
                )
            )  # fmt: skip
            heads[chain] = Head(seq, digest, at)
            self._position += self._step
        return entries

    def _open(self, chain: bytes, submission: Submission, key: str) -> Head:
        """The head to build on, and a note of it for the store's check."""
        head = self._known.get(chain) or Head(0, genesis(self._origin, chain), 0)
        self._updates[chain] = (submission.workspace.id, head.seq, submission.dialect, key)
        return head

    def batch(self, submissions: Sequence[Submission], recorded: Sequence[Sequence[Entry]]) -> Batch:
        """What the store is to commit."""
        updates = [
            ChainUpdate(chain, workspace, dialect, key, expected_seq, self.heads[chain])
            for chain, (workspace, expected_seq, dialect, key) in self._updates.items()
        ]
        firsts = list(accumulate(map(len, recorded), initial=0))
        repeats = [
            Repeat(submission.once.key, submission.once.request, first, len(entries), submission.at)
            for submission, entries, first in zip(submissions, recorded, firsts, strict=False)
            if submission.once is not None and entries
        ]
        repeats += [
            Repeat(submission.claim, submission.claim, first, len(entries), submission.at)
            for submission, entries, first in zip(submissions, recorded, firsts, strict=False)
            if submission.claim and entries
        ]
        effect = submissions[0].effect  # it is alone in its commit, if it has one
        return Batch([entry for entries in recorded for entry in entries], updates, repeats, effect)


class Plan:
    """What one commit is to record: the drafts of many requests, with ids and salts that they keep on whatever heads.

    What was built before is in no store when it is built anew, so that no salt has served twice; and a store that does
    not know whether a commit happened has one set of ids to look for.
    """

    def __init__(
        self,
        origin: str,
        submissions: Sequence[Submission],
        chains: Sequence[Sequence[bytes]],
        identities: Sequence[bytes],
        salts: Sequence[bytes],
    ) -> None:
        """`chains`: of each draft of each submission. `identities`, `salts`: of all drafts, in order."""
        self._origin = origin
        self._submissions = submissions
        self._chains = chains
        self._identities = identities
        self._salts = salts
        self.recorded: list[list[Entry]] = []
        self.heads: Mapping[bytes, Head] = {}

    def batch(self, position: int | None, known: Mapping[bytes, Head]) -> Batch:
        """Built on these heads, as `Build`. `recorded` and `heads` are what it comes to, each submission's and each
        chain's.
        """
        build = Build(self._origin, position, known)
        identities, salts = iter(self._identities), iter(self._salts)
        self.recorded = [
            build.entries(submission, keys, identities, salts)
            for submission, keys in zip(self._submissions, self._chains, strict=True)
        ]
        self.heads = build.heads
        return build.batch(self._submissions, self.recorded)
