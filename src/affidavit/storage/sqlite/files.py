"""The data directory's files: made, locked, opened."""

from __future__ import annotations

import fcntl
import os
from contextlib import closing
from pathlib import Path

import apsw

from affidavit.errors import DataDirectoryError, DirectoryInUse, StoreUnreadable
from affidavit.ledger.private import refuse_readable_by_others
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.schema import is_current, migrate, refuse_foreign, upgrades
from affidavit.storage.sqlite.statements import statements

LEDGER = "ledger.sqlite"
INDEX = "index.sqlite"
LOCK = "lock"
BUSY_MS = 5_000
"""How long a connection waits for another process's transaction. Ours are short."""

_sql = statements("ledger.sql")


def create(directory: Path, origin: str) -> None:
    """Make the data directory, for its owner only, and an empty ledger in it.

    Raises DataDirectoryError if there is a ledger already, or the directory cannot be used.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(directory.iterdir()):
            directory.chmod(0o700)
        refuse_open_to_others(directory)
        _create_ledger(directory, origin)
    except FileExistsError:
        raise DataDirectoryError(f"{directory} holds a ledger already: serve it, or choose another directory") from None
    except OSError as error:
        raise DataDirectoryError(f"{directory} cannot be used as a data directory: {error.strerror}") from error


def _create_ledger(directory: Path, origin: str) -> None:
    """Under another name first: a ledger is there whole or not at all."""
    ledger, unfinished = directory / LEDGER, directory / (LEDGER + ".new")
    if ledger.exists():
        raise FileExistsError(ledger)
    remove(unfinished)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with translated("making the ledger"):
        connection = connect(str(unfinished))
        for upgrade in upgrades("ledger.sql"):
            connection.execute(upgrade)
        connection.execute(_sql["use_wal"])
        connection.execute(_sql["set_origin"], (origin,))
        connection.close()
    os.link(unfinished, ledger)
    unfinished.unlink()
    for path in (directory, directory.parent):  # a power cut must not take back the name of what is durable
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def refuse_open_to_others(directory: Path) -> None:
    """Raises DataDirectoryError where anybody on the machine may look in."""
    if directory.stat().st_mode & 0o007:
        raise DataDirectoryError(f"{directory} is open to everybody on this machine: run `chmod o= {directory}`")


def lock(directory: Path) -> int:
    """The right to append, until the descriptor returned is closed. Raises DataDirectoryError if another has it."""
    with translated("locking the data directory"):
        descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise DirectoryInUse(
            f"{directory} is in use by process {holder}: stop it first, or choose another data directory"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def connect(path: str) -> apsw.Connection:
    """A connection to a file that exists. Nothing in the file is trusted to run code."""
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(BUSY_MS)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    return connection


def open_ledger(directory: Path, *, older_too: bool = False) -> apsw.Connection:
    """A connection to the ledger. Raises DataDirectoryError if there is none, StoreUnreadable if it is not ours.

    `older_too`: the schema may be that of an older version.
    """
    path = directory / LEDGER
    if not path.is_file():
        raise DataDirectoryError(
            f"there is no ledger in {directory}: run `./scripts/serve`, or `affidavit init --data {directory}`"
        )
    with translated(f"opening {path}"):
        connection = connect(str(path))
        try:
            refuse_foreign(connection, path, older_too=older_too)
        except apsw.NotADBError:
            raise StoreUnreadable(f"{path} is not a ledger, nor any other SQLite file") from None
    return connection


def upgrade(directory: Path) -> None:
    """Bring a ledger of an older Affidavit to this one's schema; nothing is done where it has it.

    Raises as `open_ledger`, and DataDirectoryError where a server runs on an older one.
    """
    with closing(open_ledger(directory, older_too=True)) as connection, translated("upgrading the ledger"):
        if not is_current(connection):
            held = lock(directory)
            try:
                migrate(connection)
            finally:
                os.close(held)


def origin_of(directory: Path) -> str:
    """The ledger's name. Raises as `open_ledger`, and DataDirectoryError if others may look into it."""
    connection = open_ledger(directory)
    refuse_open_to_others(directory)
    refuse_readable_by_others(directory / LEDGER)
    try:
        with translated("reading the ledger's name"):
            origin: str | None = connection.execute(_sql["origin"]).get
    finally:
        connection.close()
    if origin is None:
        raise StoreUnreadable(f"the ledger in {directory} has lost its name: bring it back from a backup")
    return origin


def remove(path: Path) -> None:
    """Delete an SQLite file with its WAL."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
