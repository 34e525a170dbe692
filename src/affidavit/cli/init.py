"""`affidavit init`: make a data directory."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from affidavit.cli.options import data_option, json_option, settings_from
from affidavit.cli.terminal import json_line, plain
from affidavit.wiring.directory import initialise


@click.command()
@data_option
@click.option("--origin", help="The ledger's name for ever, like a host and a path.  [default: affidavit.local/<uuid>]")
@json_option
def init(data: Path | None, origin: str | None, as_json: bool) -> None:
    """Make a ledger: its file, its signer, its first workspace. `serve` does it by itself where there is none."""
    directory = settings_from(data=data).data
    made = initialise(directory, origin)
    if as_json:
        click.echo(json_line({"data": plain(str(directory)), "origin": made}))
    else:
        where = plain(shlex.quote(str(directory)))
        click.echo(f"Made the ledger {made} in {where}. Next: affidavit serve --data {where}")
