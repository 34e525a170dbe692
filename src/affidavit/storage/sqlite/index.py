"""index.sqlite: made, recognised, opened. What cannot be used is never repaired, only made anew from nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import apsw

from affidavit.errors import StoreUnreadable
from affidavit.storage.sqlite.failures import translated
from affidavit.storage.sqlite.files import INDEX, LEDGER, connect, remove
from affidavit.storage.sqlite.schema import identity, identity_of_schema
from affidavit.storage.sqlite.statements import statements

_sql = statements("index.sql")


class Subject(NamedTuple):
    """What an index is about: a ledger, and the searchable part of each dialect's payloads (a JSON object)."""

    directory: Path
    origin: str
    searchable: str


def subject(directory: Path, origin: str, searchable: Mapping[str, str]) -> Subject:
    """`searchable`: dialect -> JSON path."""
    return Subject(directory, origin, json.dumps(dict(sorted(searchable.items()))))


class Marks(NamedTuple):
    """How far an index goes: entries below `listed` can be listed by it, those below `searched` be searched."""

    listed: int
    searched: int


def marks(connection: apsw.Connection) -> Marks:
    """The marks in the connection's snapshot. Asked before anything of the ledger is read, nothing can be missed:
    what was committed in between lies beyond the marks.
    """
    listed, searched = connection.execute(_sql["marks"]).get
    return Marks(listed, searched)


def open_index(about: Subject) -> apsw.Connection | None:
    """A connection to index.sqlite with the ledger attached; None unless it is an index of this very ledger."""
    path = about.directory / INDEX
    if not path.is_file():
        return None
    connection: apsw.Connection | None = None
    try:
        with translated("opening the index"):
            connection = connect(str(path))
            if identity(connection) == identity_of_schema("index.sql"):
                _attach(connection, about)
                if connection.execute(_sql["is_about"], about._asdict() | {"directory": None}).get:
                    return connection
    except StoreUnreadable:
        pass
    if connection is not None:
        connection.close()
    return None


def open_empty(about: Subject) -> apsw.Connection:
    """The same, but an index of nothing, in memory: every entry is in the tail."""
    connection = connect(":memory:")
    _fill(connection, about)
    _attach(connection, about)
    return connection


def make(about: Subject) -> None:
    """An index of nothing in the place of whatever is there. Only for the process that holds the lock."""
    path = about.directory / INDEX
    with translated("making the index"):
        remove(path)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = connect(str(path))
        connection.execute(_sql["use_wal"])
        _fill(connection, about)
        connection.close()


def _fill(connection: apsw.Connection, about: Subject) -> None:
    connection.execute(_sql["schema"])
    connection.execute(_sql["set_marks"], (about.origin, about.searchable))


def _attach(connection: apsw.Connection, about: Subject) -> None:
    connection.execute(_sql["attach_ledger"], (str(about.directory / LEDGER),))
