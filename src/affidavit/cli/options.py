"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from affidavit.settings import Settings, read_settings

data_option: Callable[[Any], Any] = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the ledger's files.  [AFFIDAVIT_DATA; default: ./affidavit-data]",
)

json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="Answer for machines.")


def settings_from(**flags: Any) -> Settings:
    """The settings of this process: these flags, then the environment, then the defaults."""
    return read_settings(os.environ, flags)
