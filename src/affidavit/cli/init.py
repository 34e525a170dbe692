"""`affidavit init`: make a data directory."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import click

from affidavit.cli.options import json_option, place_options
from affidavit.cli.terminal import json_line, plain
from affidavit.wiring.directory import initialise
from affidavit.wiring.place import Place

origin_option: Callable[[Any], Any] = click.option(
    "--origin", help="The ledger's name for ever, like a host and a path.  [default: affidavit.local/<uuid>]"
)


@click.command()
@place_options
@origin_option
@json_option
def init(place: Place, origin: str | None, as_json: bool) -> None:
    """Make a ledger: its file or its tables, its signer, its first workspace.

    `serve` does it by itself where there is none.
    """
    tell_made(place, initialise(place, origin), as_json=as_json)


def tell_made(place: Place, origin: str, *, as_json: bool) -> None:
    """Say what was made, and what is next."""
    directory = plain(shlex.quote(str(place.directory)))
    if as_json:
        store = {"store": plain(str(place))} if place.url else {}
        click.echo(json_line({"data": plain(str(place.directory)), "origin": origin} | store))
        return
    where = f"{plain(str(place))}, its keys in {directory}" if place.url else directory
    click.echo(f"Made the ledger {origin} in {where}. Next: affidavit serve --data {directory}")
