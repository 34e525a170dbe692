"""`affidavit seal`: put everything that is recorded under a checkpoint, where no server does."""

from __future__ import annotations

from pathlib import Path

import click

from affidavit.cli.options import data_option, json_option, settings_from
from affidavit.cli.terminal import json_line
from affidavit.errors import DataDirectoryError, DirectoryInUse
from affidavit.ledger.published import CHECKPOINT_FILE
from affidavit.wiring.sealing import seal_directory


@click.command()
@data_option
@json_option
def seal(data: Path | None, as_json: bool) -> int:
    """Sign a checkpoint over all entries, and print it. Not beside a server, which does it every second.

    What is printed is the file `checkpoint` of the data directory: take it away from this machine. Exit code 1: there
    is nothing to sign yet.
    """
    directory = settings_from(data=data).data
    try:
        checkpoint = seal_directory(directory)
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
