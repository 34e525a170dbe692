"""Which schema a file has: ours as it must be, to the letter, or another."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import apsw

from affidavit.errors import StoreUnreadable
from affidavit.storage.sqlite.statements import statements

_sql = statements("schema.sql")


def refuse_foreign(connection: apsw.Connection, path: Path) -> None:
    """Raises StoreUnreadable unless the file's schema is the one that this program writes."""
    ours, theirs = identity_of_schema("ledger.sql"), identity(connection)
    if theirs[0] != ours[0]:
        raise StoreUnreadable(f"{path} is not a ledger: another program wrote it")
    if theirs[1] > ours[1]:
        raise StoreUnreadable(
            f"{path} has schema version {theirs[1]}, this program knows up to {ours[1]}: use a newer Affidavit"
        )
    if theirs != ours:
        raise StoreUnreadable(f"{path} has tables, indexes or triggers that are not ours: bring back a backup")


Identity = tuple[object, int, list[tuple[object, ...]]]
"""Application, schema version, and every object of the schema as SQL."""


def identity(connection: apsw.Connection) -> Identity:
    """What a file says it is."""
    application = connection.execute(_sql["application_id"]).get
    version = connection.execute(_sql["user_version"]).get
    return application, version, list(connection.execute(_sql["objects"]))


@cache
def identity_of_schema(file: str) -> Identity:
    """What a file must say that was made with the schema of this .sql file."""
    model = apsw.Connection(":memory:")
    model.execute(statements(file)["schema"])
    return identity(model)
