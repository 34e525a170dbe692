"""A witness, as the ledger that asks it sees it (C2SP tlog-witness): what it has seen, and its word on a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from affidavit.core.lines import parse_number
from affidavit.core.note import parse_note
from affidavit.core.notekey import VerifierKey
from affidavit.core.proposal import SIZE_TYPE, Proposal, cosignature_in, format_proposal
from affidavit.errors import EvidenceError, NotAnswered
from affidavit.ledger.store import Checkpoint
from affidavit.server.remote import Remote

_TRIES: Final = 3
"""The first may tell what the witness has; meanwhile another may have asked it."""

Prove = Callable[[int, int], list[bytes]]
"""`Tree.consistency`."""
Keep = Callable[[int, str, str, int], None]
"""`Store.add_cosignature`."""


class RemoteWitness:
    """A `Source` of cosignatures. What it answers is believed only if its key has signed it."""

    rest_seconds = 0.0

    def __init__(self, key: VerifierKey, remote: Remote, prove: Prove, keep: Keep) -> None:
        self.name = f"witness {key.name}"
        self._key = key
        self._remote = remote
        self._prove = prove
        self._keep = keep
        self._seen = 0  # it says so itself when this is not so

    def ask(self, checkpoint: Checkpoint) -> str:
        """Its line. Raises NotAnswered, BadSignature, MalformedNote; StoreError where no proof can be made."""
        seen = self._seen
        for _ in range(_TRIES):
            if seen > checkpoint.size:
                raise NotAnswered(f"it has cosigned size {seen}, and this ledger has come to {checkpoint.size} only")
            proof = self._prove(seen, checkpoint.size) if 0 < seen < checkpoint.size else []
            reply = self._remote.post(format_proposal(Proposal(seen, tuple(proof), checkpoint.note)), "text/plain")
            if reply.status == 200:
                line = cosignature_in(reply.body, parse_note(checkpoint.note).text, self._key)
                self._seen = checkpoint.size
                return line
            if reply.status != 409 or reply.kind != SIZE_TYPE:
                raise reply.refusal()
            told = _size(reply.body)
            if told == seen:
                raise NotAnswered(f"it has cosigned size {seen} with another root: it was shown another history")
            seen = told
        raise NotAnswered("each time it says that it has seen another size")

    def keep(self, checkpoint: Checkpoint, said: str) -> None:
        """Store its line. Raises StoreError."""
        name = f"{self._key.name}+{self._key.key_id.hex()}"  # two keys may have one name
        self._keep(checkpoint.size, name, said, time.time_ns() // 1000)


def _size(body: bytes) -> int:
    try:
        return parse_number(body.decode("ascii").removesuffix("\n"))
    except (EvidenceError, UnicodeDecodeError):
        raise NotAnswered(f"it says that it has seen {body[:40]!r}, which is no size") from None
