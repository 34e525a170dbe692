"""The ledger's own keys, as files of its data directory; and how one signer takes the place of another.

A rotation, of which every step can be the last before a crash:

 1. seal      what is there with the old key: the last that it signs
 2. make      `signer.key.next`
 3. append    the entry in which the old key names the new one: from here on the new one signs
 4. keep      `signer.key` as `signer.key.old`
 5. replace   `signer.key` by `signer.key.next`
 6. destroy   `signer.key.old`
 7. seal      with the new key

`settled_signer` goes before everything that seals: after 2 it undoes, after 3 it goes on with 4, and so on.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from affidavit.core.notekey import VerifierKey
from affidavit.core.receipt import receipts_name
from affidavit.errors import DataDirectoryError
from affidavit.ledger.durable import persist_names
from affidavit.ledger.handovers import handovers
from affidavit.ledger.signer import Signer, create_signer, load_signer
from affidavit.ledger.store import Store

SIGNER_FILE: Final = "signer.key"
NEXT_FILE: Final = "signer.key.next"
OLD_FILE: Final = "signer.key.old"
RECEIPTS_FILE: Final = "receipts.key"


def receipts_signer(directory: Path, origin: str) -> Signer:
    """The key that signs receipts, made with the ledger, or where an older one has none. Raises DataDirectoryError."""
    path, name = directory / RECEIPTS_FILE, receipts_name(origin)
    return load_signer(path, name) if path.exists() else create_signer(path, name)


def signer_at_hand(directory: Path, origin: str) -> VerifierKey | None:
    """The signer's verifier key, where a copy of the ledger has its own key; None where it cannot be used."""
    with suppress(DataDirectoryError):
        return load_signer(directory / SIGNER_FILE, origin).verifier_key
    return None


def settled_signer(store: Store, directory: Path, origin: str) -> Signer:
    """The signer of a ledger that nobody else appends to; a rotation that was cut short is finished, or undone.

    Raises DataDirectoryError where its key cannot be used, or is not the one that the ledger named last.
    """
    past = handovers(store, store.size())
    named = past[-1].new if past else None
    upcoming = directory / NEXT_FILE
    if upcoming.exists():
        if named is not None and load_signer(upcoming, origin).verifier_key == named:
            take_over(directory)
        else:
            destroy(upcoming)
    signer = load_signer(directory / SIGNER_FILE, origin)
    if named is not None:
        if signer.verifier_key != named:
            raise DataDirectoryError(
                f"{directory / SIGNER_FILE} is the key {signer.verifier_key}, but since the entry at position "
                f"{past[-1].position} the ledger's signer is {named}: bring that key back from your "
                "backup, or from the data directory of another server of this ledger"
            )
        destroy(directory / OLD_FILE)
    return signer


def take_over(directory: Path) -> None:
    """Steps 4 and 5."""
    with suppress(FileExistsError, FileNotFoundError):
        os.link(directory / SIGNER_FILE, directory / OLD_FILE)
    persist_names(directory)
    (directory / NEXT_FILE).replace(directory / SIGNER_FILE)
    persist_names(directory)


def destroy(path: Path) -> None:
    """Write over a key's file and remove it, where there is one. What copies a disk or a backup has is not ours."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        path.unlink()
        persist_names(path.parent)
