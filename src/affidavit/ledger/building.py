"""Drafts become entries: sequence, link and hash, for one commit in the making."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from affidavit.core.entry import Entry, entry_hash, genesis, header, payload_commitment
from affidavit.ledger.store import Batch, ChainUpdate, Repeat
from affidavit.model.draft import Submission
from affidavit.model.query import Head


class Build:
    """The entries of one commit. Touches nothing outside itself until the store has them."""

    def __init__(self, origin: str, position: int, known: dict[bytes, Head]) -> None:
        self._origin = origin
        self._position = position
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
            self._position += 1
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
        repeats = [
            Repeat(submission.once.key, submission.once.request, entries[0].position, len(entries), submission.at)
            for submission, entries in zip(submissions, recorded, strict=True)
            if submission.once is not None and entries
        ]
        effect = submissions[0].effect  # it is alone in its commit, if it has one
        return Batch([entry for entries in recorded for entry in entries], updates, repeats, effect)
