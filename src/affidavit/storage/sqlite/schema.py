"""Which schema a file has: ours as it must be, to the letter, or another."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import apsw

from affidavit.errors import StoreUnreadable
from affidavit.storage.sqlite.statements import statements

_sql = statements("schema.sql")


def upgrades(file: str) -> list[str]:
    """The statements that make a new file, version after version: from the n-th on, they migrate one of version n."""
    return [statement for name, statement in statements(file).items() if name.startswith("schema")]


def refuse_foreign(connection: apsw.Connection, path: Path, *, older_too: bool = False) -> None:
    """Raises StoreUnreadable unless the file's schema is the one that this program writes, or wrote in an older version
    where that will do.
    """
    ours, theirs = identity_of_schema("ledger.sql"), identity(connection)
    if theirs[0] != ours[0]:
        raise StoreUnreadable(f"{path} is not a ledger: another program wrote it")
    if theirs[1] > ours[1]:
        raise StoreUnreadable(
            f"{path} has schema version {theirs[1]}, this program knows up to {ours[1]}: use a newer Affidavit"
        )
    if theirs != identity_of_schema("ledger.sql", theirs[1]):
        raise StoreUnreadable(f"{path} has tables, indexes or triggers that are not ours: bring back a backup")
    if theirs != ours and not older_too:
        raise StoreUnreadable(f"{path} has schema version {theirs[1]}: start the server anew, which upgrades it")


def is_current(connection: apsw.Connection) -> bool:
    """Whether one of our ledgers has this program's version of the schema."""
    return identity(connection)[1] == identity_of_schema("ledger.sql")[1]


def migrate(connection: apsw.Connection) -> None:
    """Bring one of our ledgers to this program's version of the schema: it is of one version or of the other."""
    connection.execute(_sql["overwrite"])
    with connection:
        for upgrade in upgrades("ledger.sql")[identity(connection)[1] :]:
            connection.execute(upgrade)


Identity = tuple[object, int, list[tuple[object, ...]]]
"""Application, schema version, and every object of the schema as SQL."""


def identity(connection: apsw.Connection) -> Identity:
    """What a file says it is."""
    application = connection.execute(_sql["application_id"]).get
    version = connection.execute(_sql["user_version"]).get
    return application, version, list(connection.execute(_sql["objects"]))


@cache
def identity_of_schema(file: str, version: int | None = None) -> Identity:
    """What a file must say that was made with the schema of this .sql file, in this version or the newest."""
    model = apsw.Connection(":memory:")
    for upgrade in upgrades(file)[:version]:
        model.execute(upgrade)
    return identity(model)
