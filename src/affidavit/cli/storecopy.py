"""`affidavit store copy`: a ledger moves up into PostgreSQL."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from affidavit.cli.options import json_option
from affidavit.cli.progress import progress_bar
from affidavit.cli.terminal import json_line, plain
from affidavit.cli.verify import print_problems, problem_members
from affidavit.storage.sqlite.files import LEDGER
from affidavit.wiring.copying import Copied, copy_ledger
from affidavit.wiring.database import KEY_FILES
from affidavit.wiring.place import SCHEMES, Place, place_in, without_password

_FILE = "sqlite:"


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory to serve the copy from, made with the ledger's keys.  [default: that of FROM]",
)
@json_option
def copy(source: str, target: str, data: Path | None, as_json: bool) -> int:
    """Move a ledger into an empty PostgreSQL database: its entries, hashes, checkpoints, keys, unchanged.

    FROM is a data directory (sqlite:DIRECTORY for the file in it, wherever it says that its ledger is), or a URL of
    PostgreSQL, and then --data the data directory of one of its servers. TO is postgresql://USER@HOST/DATABASE.

    Stop the ledger's servers first. What was cut short goes on with the same command. Nothing can open the copy before
    it is whole and verified; from then on the data directory says that the ledger is there, and FROM is not served.

    Exit code 0: done. 1: the ledger is broken, and the report says where. 2: it cannot be copied as things are.
    """
    place = _place(source, without_password(target, "TO"), data)
    copied_to = Place(data or place.directory, target)
    try:
        with progress_bar("copying") as progress:
            copied = copy_ledger(place, copied_to, progress)
    except KeyboardInterrupt:
        click.echo("\naffidavit: cut short: the same command goes on from here", err=True)
        raise
    if as_json:
        click.echo(_for_machines(copied, copied_to))
    else:
        _print(copied, copied_to)
    return 1 if copied.problems else 0


def _place(source: str, target: str, data: Path | None) -> Place:
    """The ledger that FROM names. `target`: without a password; what its copy has noted does not count yet."""
    if source.startswith(SCHEMES):
        without_password(source, "FROM")
        if data is None:
            raise click.UsageError("name with --data the data directory of one of its servers, which has its keys")
        return Place(data, source)
    if source.startswith(_FILE):
        return Place(Path(source.removeprefix(_FILE)))
    place = place_in(Path(source))
    if place.url == target and (place.directory / LEDGER).exists():
        return Place(place.directory)
    return place


def _for_machines(copied: Copied, place: Place) -> str:
    return json_line(
        {
            "status": "broken" if copied.problems else "copied",
            "origin": copied.origin,
            "entries": copied.entries,
            "chains": copied.chains,
            "store": plain(str(place)),
            "data": plain(str(place.directory)),
            "problems": [problem_members(problem) for problem in copied.problems],
        }
    )


def _print(copied: Copied, place: Place) -> None:
    if copied.problems:
        click.echo(f"Not copied: {len(copied.problems):,} problems in the ledger. {plain(str(place))} stays closed.")
        print_problems(copied.problems)
        return
    directory = plain(shlex.quote(str(place.directory)))
    keys = ", ".join(KEY_FILES[:-1])
    click.echo(f"Copied the ledger {copied.origin} into {plain(str(place))}, and verified it:")
    click.echo(f"{copied.entries:,} entries in {copied.chains:,} chains. It is served from there alone.")
    click.echo(f"Next: affidavit serve --data {directory}")
    click.echo(f"Every other server gets {keys} and {KEY_FILES[-1]} of it in a data directory of its own.")
