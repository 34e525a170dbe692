"""`affidavit seal`: put everything that is recorded under a checkpoint, where no server does."""

from __future__ import annotations

import click

from affidavit.cli.options import json_option, place_options
from affidavit.cli.terminal import json_line
from affidavit.errors import DataDirectoryError, DirectoryInUse
from affidavit.ledger.published import CHECKPOINT_FILE
from affidavit.wiring.place import Place
from affidavit.wiring.sealing import seal_place


@click.command()
@place_options
@json_option
def seal(place: Place, as_json: bool) -> int:
    """Sign a checkpoint over all entries, and print it. Not beside a server, which does it every second.

    What is printed is the file `checkpoint` of the data directory: take it away from this machine. Exit code 1: there
    is nothing to sign yet.
    """
    directory = place.directory
    try:
        checkpoint = seal_place(place)
    except DirectoryInUse:
        raise DataDirectoryError(
            f"a server runs on {directory} and seals it: the file {directory / CHECKPOINT_FILE} is its newest "
            "checkpoint; POST /v1/affidavit/seal makes one at once"
        ) from None
    if checkpoint is None:
        click.echo("The ledger has no entries: there is nothing to sign.", err=True)
        return 1
    if as_json:
        text = checkpoint.note.decode()
        click.echo(json_line({"size": checkpoint.size, "root": checkpoint.root.hex(), "checkpoint": text}))
    else:
        click.echo(checkpoint.note.decode(), nl=False)
    return 0
