"""How the ledger's own chain tells of its signers: who signed first, and who took over at which position.

An entry of type `signer` has the note by which the old key names the new one (core/rotation.py), and the old key, so
that a ledger alone tells all keys that ever signed for it. A checkpoint that covers such an entry is the new key's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from affidavit.core.note import parse_note, verify_note
from affidavit.core.notekey import VerifierKey, parse_verifier_key
from affidavit.core.rotation import parse_rotation
from affidavit.core.verify import Problem
from affidavit.errors import EvidenceError, StoreUnreadable
from affidavit.ledger.signer import Signer
from affidavit.ledger.store import Store
from affidavit.ledger.supports import own_entries, recorded
from affidavit.model import own
from affidavit.model.draft import Submission


class Handover(msgspec.Struct, frozen=True):
    """The entry at `position`: `old` signs what is below it, `new` what covers it. `note`: as `old` signed it."""

    position: int
    old: VerifierKey
    new: VerifierKey
    note: bytes


def handing_over(signer: Signer, new: VerifierKey, at: int) -> Submission:
    """What is appended for a rotation; `at` in µs since 1970. Raises ValueError as `Signer.hand_over` does."""
    members = {"note": signer.hand_over(new).decode(), "old": str(signer.verifier_key)}
    return own.submission("signer", members, at)


def handovers(store: Store, size: int) -> list[Handover]:
    """All of the entries below `size`, oldest first. Raises StoreUnreadable for one that somebody edited."""
    found = []
    for entry in own_entries(store, "signer", size):
        note, old = recorded(entry, "note", str).encode(), recorded(entry, "old", str)
        try:
            found.append(Handover(entry.position, parse_verifier_key(old), parse_rotation(parse_note(note).text), note))
        except EvidenceError as error:
            message = f"the rotation at position {entry.position} is none ({error}): run `affidavit verify`"
            raise StoreUnreadable(message, position=entry.position) from error
    return found


class Signers:
    """Who signed what, by the ledger's own word."""

    def __init__(self, past: Sequence[Handover], newest: VerifierKey | None) -> None:
        """`newest`: the key that signs now; None where it is not at hand."""
        self._past = past
        self._newest = newest

    def at(self, size: int) -> VerifierKey | None:
        """Whose a checkpoint of so many entries must be; None where nobody knows."""
        for handover in self._past:
            if size <= handover.position:
                return handover.old
        return self._past[-1].new if self._past else self._newest

    def problems(self) -> Iterator[Problem]:
        """Each hands over to the next, in its own hand, the last one to the key that signs now."""
        expected: VerifierKey | None = None
        for handover in self._past:
            try:
                verify_note(parse_note(handover.note), [handover.old])
            except EvidenceError as error:
                yield _problem(handover.position, f"the signer did not hand over here: {error}")
            if expected not in (None, handover.old):
                yield _problem(handover.position, f"{handover.old} hands over, but the signer was {expected}")
            expected = handover.new
        if self._past and self._newest not in (None, self._past[-1].new, self._past[-1].old):
            position = self._past[-1].position  # the old one: a rotation under way, or cut short
            yield _problem(position, f"the signer is {expected} from here on, but the key at hand is {self._newest}")


def _problem(position: int, message: str) -> Problem:
    return Problem("signer-mismatch", position, own.CHAIN.hex(), None, message)
