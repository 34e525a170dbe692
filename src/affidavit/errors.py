"""Every exception of the project, as a tree.

    AffidavitError
    ├── Refused                  a request we answer with a 4xx or 503; each dialect draws its own body
    │   ├── InvalidBody          400  the body is not JSON we accept, or not the vendor's shape
    │   │   └── InvalidJson      400  ... not JSON at all, by RFC 8259 and our limits
    │   ├── Unauthenticated      401
    │   ├── Forbidden            403
    │   ├── NotFound             404
    │   ├── MethodNotAllowed     405
    │   ├── ChainHeld            409  what is to be erased is under legal hold
    │   ├── OtherCheckpoint      409  a witness has cosigned another checkpoint than a proposal builds on
    │   ├── TooLarge             413
    │   ├── UnsupportedEncoding  415
    │   ├── KeyReused            422  an Idempotency-Key that came with another body before
    │   ├── Inconsistent         422  a checkpoint that is not shown to continue the one that a witness has cosigned
    │   ├── RateLimited          429
    │   ├── Unavailable          503  nothing was stored; try again later
    │   │   └── Contended        503  ... at once: another server recorded what only one request may
    │   └── InternalError        500  a fault of ours
    ├── StoreError
    │   ├── StoreFailed          the commit did not happen (disk full, I/O error); the same call may work later
    │   │   └── RoleRefused      ... and will not: the database does not let this process do it
    │   ├── ReadEnded            nobody waits any more for what was read
    │   ├── HeadMoved            somebody else appended to a chain first
    │   ├── CheckpointMoved      somebody else sealed first
    │   └── StoreUnreadable      the file is damaged, of another program, or of a newer version
    │       ├── OtherHistory     ... its entries are not those that were signed
    │       └── PayloadChanged   ... an entry's payload is no longer one that its dialect accepts
    ├── EvidenceError            what is shown as evidence proves nothing
    │   ├── MalformedNote        a signed note, or what its text should be, is not in its format
    │   ├── MalformedKey         a verifier key is not one, or not one that we can use
    │   ├── MalformedProof       a proof or a tile is not in its format
    │   ├── MalformedPolicy      a policy of trust cannot be read
    │   ├── BadSignature         a signature does not hold, or none is of a trusted key
    │   └── BadProof             a proof does not lead to the root that was signed
    ├── BundleError              a bundle cannot be made
    │   ├── NotSealed            ... yet: what it is of is not under a checkpoint
    │   │   └── ErasedSince      ... yet: something of it was erased after the checkpoint; the next one covers that
    │   └── NothingToShow        ... of this: the ledger has nothing of what was asked for
    ├── NotAnswered              a witness, or an authority, that the ledger asks gave no answer of use
    ├── DataDirectoryError       the data directory is missing, in use, open to others, or an older copy
    │   ├── DirectoryInUse       ... another process has the right to append
    │   └── OlderCopy            ... the ledger has less entries than were signed
    └── SettingError             a setting has a value we cannot use

Only the edges (server, cli) turn them into status codes and exit codes.
"""

from __future__ import annotations

from typing import Literal


class AffidavitError(Exception):
    """Root of the tree. The message says what is wrong, where, and what to do next."""


class Refused(AffidavitError):
    """The request was understood well enough to be refused; nothing of it was stored."""

    status = 400


class InvalidBody(Refused):
    """The body is JSON but not what this route takes."""


class InvalidJson(InvalidBody):
    """The body is not JSON (RFC 8259), or is JSON that could not be kept without loss."""


CredentialFault = Literal["missing", "malformed", "unknown", "revoked", "expired"]


class Unauthenticated(Refused):
    """No usable API key. `fault` tells vendors' answers apart; the token itself is never kept here."""

    status = 401

    def __init__(self, fault: CredentialFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class Forbidden(Refused):
    """The key is good but lacks the scope, or the request comes from a place we do not serve."""

    status = 403

    def __init__(self, message: str, *, required: str = "", held: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.required = required
        self.held = held


class NotFound(Refused):
    """No such route or no such thing in the caller's workspace."""

    status = 404


class MethodNotAllowed(Refused):
    """The path exists under other methods."""

    status = 405

    def __init__(self, message: str, *, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed


class ChainHeld(Refused):
    """An entry that is to be erased belongs to a chain under legal hold."""

    status = 409


class OtherCheckpoint(Refused):
    """A witness has cosigned another checkpoint than the proposal builds on. `size`: that of the one it has."""

    status = 409

    def __init__(self, message: str, *, size: int) -> None:
        super().__init__(message)
        self.size = size


class TooLarge(Refused):
    """A body or an event is over its limit. `limit` in bytes."""

    status = 413

    def __init__(self, message: str, *, limit: int) -> None:
        super().__init__(message)
        self.limit = limit


class UnsupportedEncoding(Refused):
    """A Content-Encoding we cannot undo."""

    status = 415


class KeyReused(Refused):
    """An Idempotency-Key that was used for another request within the last 24 hours."""

    status = 422


class Inconsistent(Refused):
    """The proof does not show that the proposed checkpoint continues the one that a witness has cosigned."""

    status = 422


class RateLimited(Refused):
    """The key has sent more than it may. `retry_after` in seconds."""

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(Refused):
    """Too much is waiting, or the disk refused. Nothing was stored. `retry_after` in seconds."""

    status = 503

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Contended(Unavailable):
    """Another server has just recorded what only one request may. Whoever looks again sees it."""


class InternalError(Refused):
    """A fault of ours. The program's log has the details under the request's id; the client gets none."""

    status = 500


class StoreError(AffidavitError):
    """The store could not do what it was asked."""


class StoreFailed(StoreError):
    """The commit did not happen: disk full, I/O error, locked for too long."""


class RoleRefused(StoreFailed):
    """The database role that this process logs in by may not do this, however often it tries."""


class ReadEnded(StoreError):
    """The time of a read was over, its client had gone, or the server ended: what it found so far is nothing."""


class HeadMoved(StoreError):
    """A chain's head is not the one the append was built on."""


class CheckpointMoved(StoreError):
    """The newest checkpoint is not the one that the new one was built on, or the new one is beyond the entries."""


class StoreUnreadable(StoreError):
    """The file is damaged, not a ledger, or written by a newer program.

    `position`: the entry that cannot be read, where it is only one.
    """

    def __init__(self, message: str, *, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


class OtherHistory(StoreUnreadable):
    """The ledger's entries are not those that were signed, or that were there before. That does not pass by itself."""


class PayloadChanged(StoreUnreadable):
    """An entry's payload is no longer one that its dialect accepts. `entry`: its id as text. `why`: what is wrong."""

    def __init__(self, entry: str, why: str, *, position: int) -> None:
        super().__init__(f"the payload of entry {entry} was changed, {why}: run `affidavit verify`", position=position)


class EvidenceError(AffidavitError):
    """What somebody shows as evidence cannot be taken for any."""


class MalformedNote(EvidenceError):
    """Bytes that are not a signed note, or whose text is not a checkpoint, a receipt, ... as it was said to be."""


class MalformedKey(EvidenceError):
    """A text that is not a verifier key, or of an algorithm that is not known here."""


class MalformedProof(EvidenceError):
    """Bytes that are not a proof, or not a tile."""


class MalformedPolicy(EvidenceError):
    """A policy file that says nothing, or more than one thing."""


class BadSignature(EvidenceError):
    """A signature of a known key does not hold, or no known key signed at all."""


class BadProof(EvidenceError):
    """A proof does not lead from the entry to the root that was signed."""


class BundleError(AffidavitError):
    """A bundle of evidence cannot be made as things are."""


class NotSealed(BundleError):
    """The entries, or the erasure of one, are not under a checkpoint yet."""


class ErasedSince(NotSealed):
    """Something of it was erased after the newest checkpoint. The next one, which comes by itself, covers that."""


class NothingToShow(BundleError):
    """The ledger has nothing of what was asked for, or nothing that a bundle could hold."""


class NotAnswered(AffidavitError):
    """Somebody else's server, which the ledger asks to speak for it, gave no answer, or none that can be used."""


class DataDirectoryError(AffidavitError):
    """The data directory cannot be used as it is."""


class DirectoryInUse(DataDirectoryError):
    """Another process appends to the ledger: a server, or a command."""


class OlderCopy(DataDirectoryError):
    """The ledger has less entries than were signed, or than it had before. That does not pass by itself."""


class SettingError(AffidavitError):
    """A setting's value cannot be used."""
