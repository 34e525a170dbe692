"""Where attacks on a database take place: copies of a ledger in PostgreSQL, and what its owner can do to the tables."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from itertools import count
from pathlib import Path

import psycopg

from affidavit.core.entry import SALT_BYTES, Entry
from affidavit.wiring.place import STORE_FILE
from tests.attacks.plain import Link, of_clients
from tests.postgres import Cluster

TABLES = ("ledger", "entries", "chains", "arrivals", "runs", "texts", "checkpoints", "tiles", "workspaces", "erasing")
FIELDS = Entry.__struct_fields__
_numbers = count()


def url_of(data: Path) -> str:
    """Of the database that a data directory notes."""
    return (data / STORE_FILE).read_text().strip()


def copier(cluster: Cluster) -> Callable[[Path, Path], Path]:
    """What copies a data directory, and its database with it."""

    def copied(data: Path, to: Path) -> Path:
        shutil.copytree(data, to)
        name = f"attacked_{next(_numbers)}"
        (to / STORE_FILE).write_text(cluster.create_database(name, url_of(data).rpartition("/")[2]) + "\n")
        return to

    return copied


def sql(data: Path, statements: str) -> None:
    """What somebody does who owns the tables."""
    with psycopg.connect(url_of(data)) as connection:
        connection.execute(statements)  # type: ignore[call-overload]


def rows(data: Path) -> list[Entry]:
    """The entries, in the order of their positions."""
    with psycopg.connect(url_of(data)) as connection:
        return [Entry(*row) for row in connection.execute("SELECT * FROM affidavit.placed ORDER BY position")]


def links(data: Path) -> list[Link]:
    """The entries as a plain chain has them, chain by chain: it knows no positions."""
    with psycopg.connect(url_of(data)) as connection:
        found = [Entry(0, *row) for row in connection.execute("SELECT * FROM affidavit.entries ORDER BY chain, seq")]
    return of_clients(Link(e.header, e.salt + e.payload if len(e.salt) == SALT_BYTES else None, e.hash) for e in found)


def lay(data: Path, entries: list[Entry]) -> None:
    """Put these entries in the place of all, each at its position; heads and the size fit."""
    columns, marks = ", ".join(FIELDS[1:]), ", ".join(["%s"] * (len(FIELDS) - 1))
    tips = {entry.chain: entry for entry in entries}
    with psycopg.connect(url_of(data)) as connection:
        connection.execute("ALTER TABLE affidavit.entries DROP CONSTRAINT entries_pkey")
        connection.execute("DELETE FROM affidavit.entries")
        connection.execute("DELETE FROM affidavit.runs")
        for entry in entries:
            values = [getattr(entry, name) for name in FIELDS[1:]]
            connection.execute(f"INSERT INTO affidavit.entries ({columns}) VALUES ({marks})", values)
            run = (entry.chain, entry.seq, entry.position)
            connection.execute("INSERT INTO affidavit.runs (chain, first, size, position) VALUES (%s, %s, 1, %s)", run)
        connection.execute("DELETE FROM affidavit.chains WHERE chain <> ALL(%s)", (list(tips),))
        for tip in tips.values():
            head = (tip.seq, tip.hash, tip.at, tip.chain)
            connection.execute("UPDATE affidavit.chains SET seq = %s, hash = %s, at = %s WHERE chain = %s", head)
        connection.execute("UPDATE affidavit.ledger SET size = %s", (len(entries),))


def digest_of(data: Path) -> bytes:
    """Of all rows, to show that an attack changed something."""
    digest = sha256()
    with psycopg.connect(url_of(data)) as connection:
        for table in TABLES:
            whole = f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM affidavit.{table} t"
            digest.update(repr(connection.execute(whole).fetchall()).encode())
    return digest.digest()
