"""The judgement of a witness, one proposal after another.

 1. parse      what came; only the ledger that it speaks of is believed, to look its keys up
 2. verify     a signature by a key of that ledger: nobody else can say anything about it
 3. compare    the size that it builds on must be the one held, and the same size must have the same root: a ledger
               that shows two histories fails here, whoever it shows the second to
 4. prove      the proposed tree begins with the held one
 5. persist    the checkpoint with the witness's line under it, durably
 6. answer     that line

From 3 to 5 nobody else gets in between: of two proposals at once only one builds on what is held.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog
from msgspec.structs import replace

from affidavit.core.checkpoint import TreeHead, parse_checkpoint
from affidavit.core.merkle import verify_consistency
from affidavit.core.note import Note, format_note, parse_note, verify_note
from affidavit.core.notekey import COSIGNATURE, VerifierKey
from affidavit.core.proposal import Proposal, parse_proposal
from affidavit.core.signing import cosign, verifier_key
from affidavit.errors import (
    BadSignature,
    EvidenceError,
    Forbidden,
    Inconsistent,
    InvalidBody,
    NotFound,
    OtherCheckpoint,
    Unavailable,
)
from affidavit.witness.evidence import Evidence, Kind, Refusal
from affidavit.witness.held import Held

Ledgers = Mapping[str, Sequence[VerifierKey]]
"""Origin -> the keys whose signatures are its own."""


class Witness:
    """One witness over one directory, of which it is the only one. Any thread may call it."""

    def __init__(self, directory: Path, name: str, seed: bytes, ledgers: Ledgers, now: Callable[[], int]) -> None:
        """`seed`: of its Ed25519 key, 32 bytes; `now`: s since 1970. Raises DataDirectoryError."""
        self.key = verifier_key(name, seed, COSIGNATURE)
        self._seed = seed
        self._ledgers = ledgers
        self._now = now
        self._held = {origin: Held(directory, origin, self.key) for origin in ledgers}
        self._evidence = Evidence(directory)
        self._lock = threading.Lock()

    def add(self, body: bytes) -> str:
        """The cosignature, a line, of the checkpoint that is proposed.

        Raises InvalidBody, NotFound for a ledger that is not known here, Forbidden, OtherCheckpoint, Inconsistent; and
        Unavailable where it cannot be persisted.
        """
        proposal, note, head = _parsed(body)
        ours = self._signed_by_its_ledger(note, head.origin)
        if proposal.old > head.size:
            raise InvalidBody(f"old is {proposal.old}, the checkpoint has only {head.size}: no tree shrinks")
        with self._lock:
            held = self._held[head.origin]
            self._refuse_other(proposal, ours, head, held)
            signature = cosign(note.text, self.key.name, self._seed, self._now())
            if head.size > held.head.size:
                self._persist(held, head, replace(ours, signatures=(*ours.signatures, signature)))
        return signature.line

    def _signed_by_its_ledger(self, note: Note, origin: str) -> Note:
        """The note with its ledger's own signatures and no others."""
        keys = self._ledgers.get(origin)
        if keys is None:
            raise NotFound(f"{origin[:200]} is not known here: ask whoever runs this witness to add its key")
        try:
            verify_note(note, keys)
        except BadSignature as error:
            raise Forbidden(f"invalid signature: {error}") from None
        known = {(key.name, key.key_id) for key in keys}
        ours = [signature for signature in note.signatures if (signature.name, signature.key_id) in known]
        return replace(note, signatures=tuple(ours[: len(keys)]))

    def _refuse_other(self, proposal: Proposal, note: Note, head: TreeHead, held: Held) -> None:
        size = held.head.size
        if head.size == size and head.root != held.head.root:
            self._keep("two histories", proposal, note, held)
            raise OtherCheckpoint(f"another root was cosigned for size {size}: these are two histories", size=size)
        if proposal.old != size:
            raise OtherCheckpoint(f"size {size} was cosigned last: prove from there", size=size)
        if size:
            holds = verify_consistency(size, held.head.root, head.size, head.root, proposal.proof)
        else:
            holds = not proposal.proof
        if not holds:
            self._keep("no proof", proposal, note, held)
            raise Inconsistent(
                f"the consistency proof does not lead from size {size}, cosigned last, to this checkpoint"
            )

    def _keep(self, kind: Kind, proposal: Proposal, note: Note, held: Held) -> None:
        """As evidence. Where that fails, the checkpoint is refused all the same."""
        if not held.note:
            return
        log = structlog.get_logger()
        hashes = tuple(digest.hex() for digest in proposal.proof)
        origin, refused = held.head.origin, format_note(note).decode()
        try:
            new = self._evidence.keep(
                Refusal(kind, origin, self._now(), held.note.decode(), refused, proposal.old, hashes)
            )
        except OSError as error:
            log.error("evidence cannot be kept", kind=kind, origin=origin, error=str(error), note=refused)
        else:
            if new:
                log.warning("evidence kept", kind=kind, origin=origin)

    @staticmethod
    def _persist(held: Held, head: TreeHead, note: Note) -> None:
        try:
            held.replace(head, note)
        except OSError as error:
            structlog.get_logger().error("checkpoint cannot be written", error=str(error))
            raise Unavailable("the witness cannot write the checkpoint down, so it does not cosign it") from error


def _parsed(body: bytes) -> tuple[Proposal, Note, TreeHead]:
    try:
        proposal = parse_proposal(body)
        note = parse_note(proposal.checkpoint)
        return proposal, note, parse_checkpoint(note.text)
    except EvidenceError as error:
        raise InvalidBody(str(error)) from None
