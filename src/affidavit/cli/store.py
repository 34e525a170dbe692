"""`affidavit store`: a ledger in PostgreSQL, which many servers share."""

from __future__ import annotations

import click

from affidavit.cli.init import origin_option, tell_made
from affidavit.cli.options import json_option, place_options
from affidavit.wiring.directory import initialise
from affidavit.wiring.place import Place


@click.group()
def store() -> None:
    """A ledger in PostgreSQL, which many servers share."""


@store.command()
@place_options
@origin_option
@json_option
def init(place: Place, origin: str | None, as_json: bool) -> None:
    """Make a ledger in an empty database, and its keys in the data directory. `serve --store` does it by itself.

    Every other server of it gets copies of signer.key, receipts.key and secrets.key in a data directory of its own.
    """
    if not place.url:
        raise click.UsageError("say where: --store postgresql://USER@HOST/DATABASE")
    tell_made(place, initialise(place, origin), as_json=as_json)
