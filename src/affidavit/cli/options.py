"""Options that several commands share, and the ledger that they open."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from affidavit.settings import Settings, read_settings
from affidavit.wiring.ledger import Ledger, open_store
from affidavit.wiring.place import Place, place_of

data_option: Callable[[Any], Any] = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the ledger's files.  [AFFIDAVIT_DATA; default: ./affidavit-data]",
)

store_option: Callable[[Any], Any] = click.option(
    "--store",
    metavar="URL",
    help="PostgreSQL that the ledger is in.  [AFFIDAVIT_STORE; default: what the directory notes, or the directory]",
)

json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="Answer for machines.")


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say where the ledger is. The command gets the Place, as `place`."""

    @wraps(command)
    def located(*arguments: Any, data: Path | None, store: str | None, **given: Any) -> Any:
        return command(*arguments, place=place_from(data, store), **given)

    for option in (store_option, data_option):
        located = option(located)
    return located


def place_from(data: Path | None, store: str | None) -> Place:
    """Where the ledger is, by these flags, then the environment, then what the data directory notes."""
    return place_of(settings_from(data=data, store=store))


def settings_from(**flags: Any) -> Settings:
    """The settings of this process: these flags, then the environment, then the defaults."""
    return read_settings(os.environ, flags)


@contextmanager
def ledger(place: Place) -> Iterator[Ledger]:
    """The ledger that a command was asked about: to read it, and to keep keys. A server may run beside it."""
    store = open_store(place, exclusive=False)
    try:
        yield store
    finally:
        store.close()
