"""What is in the tables of a ledger, read past its store, as only tests do: the same statements for all stores."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import psycopg

BUSY_MS = 5000


def ask(data: Path, query: str) -> Sequence[tuple[Any, ...]]:
    """The rows of one statement on the ledger of a data directory. It names tables with their schema, `affidavit`."""
    noted = data / "store"
    if noted.exists():
        with psycopg.connect(noted.read_text().strip(), autocommit=True) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]
    assert (data / "ledger.sqlite").exists(), f"{data} has no ledger"
    with closing(apsw.Connection(":memory:")) as embedded:
        embedded.set_busy_timeout(BUSY_MS)
        embedded.execute("ATTACH ? AS affidavit", [str(data / "ledger.sqlite")])
        return embedded.execute(query).fetchall()
