"""`affidavit store`: a ledger in PostgreSQL, which many servers share."""

from __future__ import annotations

import click

from affidavit.cli.init import origin_option, tell_made
from affidavit.cli.options import json_option, place_options
from affidavit.cli.storecopy import copy
from affidavit.cli.terminal import json_line
from affidavit.wiring.database import distribute, grant_roles, refuse_undistributable
from affidavit.wiring.directory import initialise
from affidavit.wiring.place import Place


@click.group()
def store() -> None:
    """A ledger in PostgreSQL, which many servers share."""


store.add_command(copy)


@store.command()
@place_options
@origin_option
@click.option(
    "--distribute", "spread", type=click.Choice(["citus"]), help="Spread it over the nodes of a Citus cluster."
)
@json_option
def init(place: Place, origin: str | None, spread: str | None, as_json: bool) -> None:
    """Make a ledger in an empty database, and its keys in the data directory. `serve --store` does it by itself.

    Every other server of it gets copies of signer.key, receipts.key and secrets.key in a data directory of its own.
    """
    _refuse_directory(place)
    if spread:
        refuse_undistributable(place)
    made = initialise(place, origin)
    if spread:
        distribute(place)
    tell_made(place, made, as_json=as_json)


@store.command()
@click.argument("prefix")
@place_options
@json_option
def roles(prefix: str, place: Place, as_json: bool) -> None:
    """Grant PREFIX_writer, PREFIX_eraser and PREFIX_reader what they need, and make those that are missing.

    Run it as the role that made the ledger, and again after an upgrade. Nobody logs in as them: grant them to the roles
    that servers (writer, or eraser if they shall erase) and readers log in as.
    """
    _refuse_directory(place)
    granted = grant_roles(place, prefix)
    if as_json:
        click.echo(json_line(granted))
        return
    for kind, name in granted.items():
        click.echo(f"{kind:<8} {name}")
    click.echo(f"Next: CREATE ROLE server LOGIN PASSWORD '...' IN ROLE {granted['writer']};")


def _refuse_directory(place: Place) -> None:
    if not place.url:
        raise click.UsageError("say where: --store postgresql://USER@HOST/DATABASE")
