"""A ledger moves up into PostgreSQL, with everything that proves it, and with its keys.

A copy, of which every step can be the last before a crash; the next try goes on:

 1. seal      what is there, as a start of the server would: an older copy of the ledger goes no further
 2. entries   block by block, with their positions
 3. put       all else, whole
 4. verify    every entry, head, checkpoint and tile of the copy, and that the source is still as it was
 5. keys      into the directory that is to be served, with the file `checkpoint`
 6. retire    the source: its directory notes the database, or its database refuses whoever asks
 7. complete  from here on the copy can be opened
 8. note      in both directories where the ledger is

Between 6 and 7 the ledger cannot be served anywhere: never are there two that go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from affidavit import dialects
from affidavit.core.verify import Problem
from affidavit.errors import DataDirectoryError, StoreFailed
from affidavit.ledger.audit import AuditReport
from affidavit.ledger.copyable import Source
from affidavit.ledger.copying import beside, copy_entries
from affidavit.ledger.durable import make_durably, replace_durably
from affidavit.ledger.published import CHECKPOINT_FILE, Published
from affidavit.ledger.tree import Tree
from affidavit.storage.sqlite.files import refuse_open_to_others
from affidavit.storage.sqlite.source import SqliteSource
from affidavit.wiring.database import KEY_FILES
from affidavit.wiring.ledger import Ledger, held, take_lead
from affidavit.wiring.place import Place, note_place
from affidavit.wiring.sealing import sealer_of
from affidavit.wiring.secrets import master_secret
from affidavit.wiring.signing import receipts_signer
from affidavit.wiring.verifying import verify_directory

LEAD_SECONDS: Final = 1.0
"""How often a source that several servers may serve is asked whether one of them has begun to."""

Progress = Callable[[int, int], None]
"""Gets (entries done, entries in all)."""


class LedgerSource(Ledger, Source, Protocol):
    """A ledger that is copied."""


class Copied(NamedTuple):
    """What came of it. With `problems` the copy is not complete, and stays closed."""

    origin: str
    entries: int
    chains: int
    problems: list[Problem]


def copy_ledger(source: Place, target: Place, progress: Progress) -> Copied:
    """Copy a ledger into a database, or go on with it. Both places' directories get to know it.

    `progress` counts every entry twice: it is copied, and it is verified.
    Raises DataDirectoryError where somebody appends to the source, where the target has another ledger, or a directory
    other keys; StoreUnreadable for a source that is damaged, StoreFailed where the same may work later.
    """
    with held(source), closing(_source(source)) as store:
        if source.url:
            take_lead(store, source, "stop all its servers first")
        sealer_of(store, source.directory, Tree(store)).seal(time.time_ns() // 1000)
        receipts_signer(source.directory, store.origin)  # an older ledger's directory may lack it, and this one
        master_secret(source.directory, store)
        _refuse_other_keys(source.directory, target.directory)
        report = _copy(store, source, target, _alone(store, source, progress))
        return Copied(store.origin, report.entries, report.chains, report.problems)


def _source(place: Place) -> LedgerSource:
    if not place.url:
        return SqliteSource(place.directory, _searchable(), exclusive=True)
    from affidavit.storage.postgres.source import PostgresSource  # only where there is a database

    return PostgresSource(place.url, _searchable())


def _copy(store: LedgerSource, source: Place, target: Place, progress: Progress) -> AuditReport:
    from affidavit.storage.postgres.target import PostgresTarget

    with closing(PostgresTarget(target.url, store.origin, _searchable())) as copy:
        reached = copy_entries(store, copy, lambda done, size: progress(done, 2 * size))
        copy.put(beside(store, reached))
        copy.put_owners(store.workspaces(), store.keys())
        report = verify_directory(source.directory, copy, lambda done, size: progress(size + done, 2 * size))
        copy.put_owners(store.workspaces(), store.keys())  # commands may have made others meanwhile
        if _standing(store) != _standing(copy):
            raise StoreFailed("the ledger was changed while it was copied: let nothing else use it, and run this again")
        if not report.problems:
            _hand_keys(source.directory, target.directory)
            if not source.url:
                note_place(Place(source.directory, target.url))
            store.retire()
            copy.complete()
            for directory in {source.directory, target.directory}:
                note_place(Place(directory, target.url))
    return report


def _standing(store: Ledger) -> object:
    """What a copy has the same of. All else the verification proves."""
    return (
        store.size(),
        store.last_id(),
        store.checkpoint(),
        store.holds(),
        store.cosigned(1),
        store.workspaces(),
        store.keys(),
    )


def _alone(store: LedgerSource, source: Place, progress: Progress) -> Progress:
    """The same, for as long as no server begins to serve the source."""
    asked = time.monotonic()

    def go_on(done: int, size: int) -> None:
        nonlocal asked
        if source.url and time.monotonic() - asked > LEAD_SECONDS:
            asked = time.monotonic()
            if not store.lead():
                raise DataDirectoryError(f"a server of the ledger in {source} was started: stop it, and run this again")
        progress(done, size)

    return go_on


def _refuse_other_keys(old: Path, new: Path) -> None:
    """Raises DataDirectoryError where the directory that is to be served has another ledger's keys."""
    for name in KEY_FILES:
        if (new / name).exists() and (new / name).read_bytes() != (old / name).read_bytes():
            raise DataDirectoryError(f"{new} has another {name}: choose a directory that is empty")
    theirs, ours = Published(new).read(), Published(old).read()
    if theirs is not None and (ours is None or theirs.size > ours.size):
        raise DataDirectoryError(f"{new} has a newer checkpoint than {old}: that has an older copy of the ledger")


def _hand_keys(old: Path, new: Path) -> None:
    """Copy the ledger's keys, and what was signed last."""
    if old == new:
        return
    try:
        make_durably(new)
        refuse_open_to_others(new)
        for name in (*KEY_FILES, CHECKPOINT_FILE):
            if (old / name).exists():  # of a ledger without entries nothing was signed
                replace_durably(new / name, (old / name).read_bytes())
    except OSError as error:
        raise DataDirectoryError(f"{new} cannot be used as a data directory: {error.strerror}") from error


def _searchable() -> dict[str, str]:
    return {dialect.name: dialect.search_path for dialect in dialects.load().values()}
