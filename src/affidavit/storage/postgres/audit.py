"""Compares what is derived with the entries."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.storage.postgres.readers import Readers
from affidavit.storage.postgres.statements import statements

_sql = statements("audit.sql")
_DOING = "comparing positions and texts with the entries"


def audit(readers: Readers) -> Iterator[tuple[int | None, str]]:
    """Yields (position or None, what is wrong)."""
    with readers.snapshot(_DOING) as cursor:
        for position, message in cursor.execute(_sql["unplaced"]).fetchall():
            yield position, f"the table of runs is not whole: {message}"
        unplaced, beyond = cursor.execute(_sql["counts"]).fetchall()[0]
        if unplaced:
            yield None, f"there are {unplaced:+} entries against what the tables of runs and arrivals say"
        if beyond:
            yield None, f"the ledger says that it has {beyond:+} entries against its runs"
        for (position,) in cursor.execute(_sql["missing_texts"]).fetchall():
            yield position, "a text search does not find this entry as it is"
