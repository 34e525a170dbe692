"""Options that several commands share, and the ledger that they open."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from affidavit.settings import Settings, read_settings
from affidavit.storage.sqlite import SqliteStore
from affidavit.wiring.directory import open_store

data_option: Callable[[Any], Any] = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the ledger's files.  [AFFIDAVIT_DATA; default: ./affidavit-data]",
)

json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="Answer for machines.")


def settings_from(**flags: Any) -> Settings:
    """The settings of this process: these flags, then the environment, then the defaults."""
    return read_settings(os.environ, flags)


@contextmanager
def ledger(data: Path | None) -> Iterator[SqliteStore]:
    """The ledger that a command was asked about: to read it, and to keep keys. A server may run beside it."""
    store = open_store(settings_from(data=data).data, exclusive=False)
    try:
        yield store
    finally:
        store.close()
