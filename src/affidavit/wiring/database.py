"""A ledger in PostgreSQL: made once, by one server, whose data directory gets its keys; others are given copies.

The keys are made before the ledger, and put in their places after it. What a crash cuts short in between the next
start on the same directory ends: that the keys left there are the ledger's, its first workspace says, whose salt is
among them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from affidavit.errors import DataDirectoryError, StoreFailed
from affidavit.ledger.durable import persist_names
from affidavit.ledger.private import create_private, read_private
from affidavit.ledger.signer import create_signer, load_signer
from affidavit.wiring.ledger import DEFAULT_WORKSPACE, WORKSPACE_SALT_BYTES, Ledger, open_store, workspace_named
from affidavit.wiring.place import Place, note_place
from affidavit.wiring.secrets import MASTER_FILE, make_master
from affidavit.wiring.signing import RECEIPTS_FILE, SIGNER_FILE, receipts_signer

KEY_FILES: Final = (RECEIPTS_FILE, MASTER_FILE, SIGNER_FILE)
"""What all servers of a ledger have alike. The signer is the last to be put in its place."""
_SALT_FILE: Final = "workspace.salt"


def has_ledger(place: Place) -> bool:
    """Whether there is a ledger in the database. Raises StoreFailed where it cannot be reached."""
    from affidavit.storage import postgres  # only where there is a database

    return postgres.has_ledger(place.url)


def make(place: Place, unfinished: Path, origin: str) -> str:
    """Make the ledger, or end a making that was cut short here; returns its origin. The directory is ours.

    `unfinished`: where the keys are made. Raises DataDirectoryError where the ledger is another server's.
    """
    from affidavit.storage import postgres

    if not has_ledger(place):
        shutil.rmtree(unfinished, ignore_errors=True)
        _make_keys(unfinished, origin)
        with suppress(DataDirectoryError):  # another server was first, and is found out below
            postgres.create(place.url, origin)
    with closing(open_store(place, exclusive=True)) as store:
        made, ours = store.origin, _is_ours(unfinished, store)
    if ours:
        note_place(place)
        for name in KEY_FILES:
            if (unfinished / name).exists():
                (unfinished / name).rename(place.directory / name)
        persist_names(place.directory)
    shutil.rmtree(unfinished, ignore_errors=True)
    if not ours:
        raise DataDirectoryError(
            f"{place} has the ledger {made} already, and {place.directory} none of its keys: copy "
            f"{_listed(KEY_FILES)} from the data directory of another of its servers, or choose another database"
        )
    return made


def grant_roles(place: Place, prefix: str) -> dict[str, str]:
    """Roles with the least that servers and readers need, by kind. Raises SettingError, StoreFailed."""
    from affidavit.storage import postgres

    return postgres.grant_roles(place.url, prefix)


def refuse_undistributable(place: Place) -> None:
    """Raises SettingError where a ledger could be made in the database, but not spread over nodes."""
    from affidavit.storage import postgres

    postgres.refuse_without_citus(place.url)


def distribute(place: Place) -> None:
    """Spread a ledger over nodes, before it is served. Raises SettingError, StoreFailed."""
    from affidavit.storage import postgres

    postgres.distribute(place.url)


def refuse_incomplete(place: Place) -> None:
    """Raises DataDirectoryError where a server would make a key anew that other servers of the ledger have."""
    missing = [name for name in KEY_FILES if not (place.directory / name).exists()]
    if missing:
        raise DataDirectoryError(
            f"{place.directory} has no {_listed(missing)}: copy {_listed(KEY_FILES)} from the data directory of "
            "another server of this ledger, or from your backup"
        )


def _make_keys(unfinished: Path, origin: str) -> None:
    unfinished.mkdir(mode=0o700)
    create_private(unfinished / _SALT_FILE, os.urandom(WORKSPACE_SALT_BYTES).hex())
    make_master(unfinished)
    receipts_signer(unfinished, origin)
    create_signer(unfinished / SIGNER_FILE, origin)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _is_ours(unfinished: Path, store: Ledger) -> bool:
    """Claim the ledger for the keys that were made here, unless it has an owner. Returns whether it is theirs."""
    path = unfinished / SIGNER_FILE
    if not path.exists() or load_signer(path, None).name != store.origin:
        return False
    salt = bytes.fromhex(read_private(unfinished / _SALT_FILE, "it"))
    with suppress(StoreFailed):  # there is one: whose it is, its salt says
        store.add_workspace(DEFAULT_WORKSPACE, salt)
    return workspace_named(store, DEFAULT_WORKSPACE).salt == salt
