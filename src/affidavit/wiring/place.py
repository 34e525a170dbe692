"""Where a ledger is: in the data directory itself, or in PostgreSQL, with the keys of this server in the directory.

A URL of PostgreSQL may have a password. It is in no file, and no message, that we write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from affidavit.errors import DataDirectoryError, SettingError
from affidavit.ledger.durable import replace_durably
from affidavit.ledger.private import read_private
from affidavit.settings import Settings
from affidavit.storage.sqlite.files import LEDGER

STORE_FILE: Final = "store"
"""Has the URL of the ledger's database without its password, where the ledger is in one."""
SCHEMES: Final = ("postgresql://", "postgres://")
_SECRET: Final = b"*"
"""How libpq marks the parts of a URL that nobody is shown."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ledger is, resolved once.

    directory    its keys and its file `checkpoint`, and where `url` is empty the ledger
    url          the database that the ledger is in
    read_url     a copy of the database that clients' reads may be answered from; empty where there is none
    connections  to the database, at most
    """

    directory: Path
    url: str = field(default="", repr=False)
    read_url: str = field(default="", repr=False)
    connections: int = Settings().store_connections

    def __str__(self) -> str:
        return without_password(self.url) if self.url else str(self.directory)


def place_of(settings: Settings) -> Place:
    """The place that was chosen, or that the data directory notes. Raises SettingError, DataDirectoryError."""
    for name in ("store", "read_store"):
        if getattr(settings, name):
            without_password(getattr(settings, name), name)
    noted = _noted(settings.data)
    if settings.store and not noted and _is_there(settings.data / LEDGER):
        raise DataDirectoryError(
            f"{settings.data} holds a ledger of its own, but the store is {without_password(settings.store)}: choose "
            "another data directory, leave the store away, or copy the ledger there with `affidavit store copy`"
        )
    url = settings.store or noted
    if settings.read_store and not url:
        raise SettingError("read_store is a copy of a ledger in PostgreSQL: name that one with store")
    return Place(settings.data, url, settings.read_store, settings.store_connections)


def place_in(directory: Path) -> Place:
    """The place that a data directory notes, or the directory itself. Raises DataDirectoryError."""
    return place_of(Settings(data=directory))


def note_place(place: Place) -> None:
    """Keep the URL without its password, for who is given the directory alone. Raises DataDirectoryError."""
    path, url = place.directory / STORE_FILE, without_password(place.url)
    try:
        if _noted(place.directory) != url:
            replace_durably(path, f"{url}\n".encode())
    except OSError as error:
        raise DataDirectoryError(f"{path} cannot be written: {error.strerror}") from None


def _noted(directory: Path) -> str:
    """What the directory notes; empty where it notes nothing. Raises DataDirectoryError."""
    path = directory / STORE_FILE
    if not _is_there(path):
        return ""
    url = read_private(path, "the URL of the ledger's database")
    try:
        without_password(url)
    except SettingError as error:
        raise DataDirectoryError(f"{path} is damaged, {error}") from None
    return url


def _is_there(path: Path) -> bool:
    """Not so for what cannot be a path, which is told by who opens it."""
    try:
        return path.exists()
    except OSError:
        return False


def without_password(url: str, setting: str = "store") -> str:
    """The same URL as it may be shown and kept. Raises SettingError, which names the `setting` and shows nothing of it.

    What is a password says libpq, which reads it (PostgreSQL's manual, section 34.1.1.2).
    """
    from psycopg import OperationalError, pq  # only where there is a database

    refusal = SettingError(
        f"{setting} is no URL of PostgreSQL: write postgresql://USER@HOST:PORT/DATABASE, and in a password each of "
        "/ @ : ? # % by its code, such as %2F; options are those of libpq"
    )
    if not url.startswith(SCHEMES) or not url.isprintable():
        raise refusal
    try:
        parsed = pq.Conninfo.parse(url.encode())
        parts = {part.keyword.decode(): part.val.decode() for part in parsed if part.val and part.dispchar != _SECRET}
    except (OperationalError, UnicodeDecodeError):  # the first one's words have the password in them
        raise refusal from None
    user, hosts, ports, name = (parts.pop(part, "") for part in ("user", "host", "port", "dbname"))
    if "@" in hosts + name or ports.strip("0123456789,"):  # what follows a / or @ in a password is taken for these
        raise refusal
    return _url(user, hosts, ports, name, parts)


def _url(user: str, hosts: str, ports: str, name: str, more: dict[str, str]) -> str:
    """`hosts` and `ports` as libpq has them: with commas, and as many ports as hosts, or one."""
    written = []
    for host, port in zip(hosts.split(","), cycle(ports.split(","))):
        written.append((f"[{host}]" if ":" in host else quote(host, safe="")) + (f":{port}" if port else ""))
    return "".join(
        (
            "postgresql://",
            f"{quote(user, safe='')}@" if user else "",
            ",".join(written),
            f"/{quote(name, safe='')}",
            f"?{urlencode(more, quote_via=quote)}" if more else "",
        )
    )
