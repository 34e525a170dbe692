"""Checkpoints with what witnesses say of them, as they are shown to others."""

from __future__ import annotations

from typing import Final, Protocol

from affidavit.core.note import parse_note, verify_note
from affidavit.core.policy import Policy
from affidavit.errors import EvidenceError
from affidavit.ledger.store import Checkpoint

_LOOKED_AT: Final = 100
"""Cosigned checkpoints, of which one should have a quorum. A minute and a half where one is sealed every second."""


class Testimony(Protocol):
    """What is needed of a store."""

    def checkpoint(self, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or the one of exactly this size."""
        ...

    def cosignatures(self, size: int) -> list[str]:
        """The witnesses' lines under the checkpoint of this size."""
        ...

    def cosigned(self, limit: int) -> list[int]:
        """The newest sizes that a witness has cosigned."""
        ...


def witnessed(store: Testimony, checkpoint: Checkpoint) -> bytes:
    """The checkpoint's note, with the lines of all witnesses that have cosigned it so far."""
    return checkpoint.note + "".join(store.cosignatures(checkpoint.size)).encode()


def newest_witnessed(store: Testimony, policy: Policy) -> Checkpoint | None:
    """The newest checkpoint that the policy's quorum has seen; None where there is none among the newest cosigned."""
    for size in store.cosigned(_LOOKED_AT):
        checkpoint = store.checkpoint(size)
        if checkpoint is not None and _is_enough(witnessed(store, checkpoint), policy):
            return checkpoint
    return None


def _is_enough(note: bytes, policy: Policy) -> bool:
    witnesses = [peer.key for peer in policy.witnesses.values()]
    try:
        return policy.is_met_by(verify_note(parse_note(note), witnesses))
    except EvidenceError:  # by none of this policy's witnesses, or of a key that was exchanged
        return False
