"""Compares what is derived with the entries, a stretch at a time so that no snapshot is held for long."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.errors import StoreUnreadable
from affidavit.storage.sqlite.index import marks
from affidavit.storage.sqlite.readers import Readers
from affidavit.storage.sqlite.statements import statements

STRETCH = 100_000
"""Entries compared in one snapshot."""

_sql = statements("audit.sql")
_DOING = "comparing the index with the entries"


def audit(readers: Readers) -> Iterator[tuple[int | None, str]]:
    """Yields (position or None, what is wrong). What the trigrams hold is not compared, only their structure."""
    try:
        yield from _structure(readers)
        yield from _listing(readers)
    except StoreUnreadable as error:  # what cannot even be compared is what is wrong
        yield None, str(error)


def _structure(readers: Readers) -> Iterator[tuple[None, str]]:
    for file, name in (("ledger.sqlite", "ledger_integrity"), ("index.sqlite", "index_integrity")):
        with readers.snapshot(f"checking {file}") as connection:
            messages = [row[0] for row in connection.execute(_sql[name])]
        yield from ((None, f"{file}: {message}") for message in messages if message != "ok")


def _listing(readers: Readers) -> Iterator[tuple[int | None, str]]:
    first = 0
    while True:
        with readers.snapshot(_DOING) as connection:
            listed = marks(connection).listed
            stretch = {"first": first, "last": min(first + STRETCH, listed) - 1}
            unlisted = [row[0] for row in connection.execute(_sql["unlisted"], stretch)]
            at_end = first + STRETCH >= listed
            surplus = connection.execute(_sql["surplus"], {"mark": listed}).get if at_end else (0, 0)
        yield from ((position, "index.sqlite does not list this entry as it is") for position in unlisted)
        for what, count in zip(("postings", "links"), surplus, strict=True):
            if count:
                yield None, f"index.sqlite has {count:+} {what} against what the entries give: delete the file"
        if at_end:
            return
        first += STRETCH
