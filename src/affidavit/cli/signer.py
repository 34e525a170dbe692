"""`affidavit signer`: the ledger's own keys, and the next signer."""

from __future__ import annotations

from pathlib import Path

import click

from affidavit.cli.options import data_option, json_option, ledger, place_from, place_options, store_option
from affidavit.cli.terminal import json_line
from affidavit.core.receipt import receipts_name
from affidavit.ledger.handovers import handovers
from affidavit.ledger.signer import load_signer
from affidavit.wiring.place import Place
from affidavit.wiring.rotation import rotate_signer
from affidavit.wiring.signing import RECEIPTS_FILE, SIGNER_FILE


@click.group(invoke_without_command=True)
@data_option
@store_option
@json_option
@click.pass_context
def signer(context: click.Context, data: Path | None, store: str | None, as_json: bool) -> None:
    """Show the ledger's verifier keys: of its signer, of its receipts, and those that signed before, newest first."""
    if context.invoked_subcommand is None:
        _show(place_from(data, store), as_json=as_json)
    elif data is not None or store is not None or as_json:
        raise click.UsageError(f"put the options behind {context.invoked_subcommand}")


def _show(place: Place, *, as_json: bool) -> None:
    directory = place.directory
    with ledger(place) as store:
        past = handovers(store, store.size())
        newest = past[-1].new if past else load_signer(directory / SIGNER_FILE, store.origin).verifier_key
        path, name = directory / RECEIPTS_FILE, receipts_name(store.origin)
        receipts = str(load_signer(path, name).verifier_key) if path.exists() else None
    earlier = [str(handover.old) for handover in reversed(past)]
    if as_json:
        rotations = [handover.note.decode() for handover in past]
        told = {"signer": str(newest), "receipts": receipts, "earlier": earlier, "rotations": rotations}
        click.echo(json_line(told))
        return
    click.echo(f"signer    {newest}")
    click.echo(f"receipts  {receipts or 'none yet: `affidavit serve` makes it'}")
    for key in earlier:
        click.echo(f"earlier   {key}")


@signer.command()
@place_options
@json_option
def rotate(place: Place, as_json: bool) -> None:
    """Have a new key sign from now on. The old key names it in the ledger, signs no more, and is destroyed.

    No server may be running. Auditors who have the old key follow to the new one by what bundles carry. Witnesses must
    be given the new key, or they refuse what it signs.
    """
    old, new = rotate_signer(place)
    if as_json:
        click.echo(json_line({"signer": str(new.verifier_key), "earlier": str(old.verifier_key)}))
        return
    click.echo(f"The signer was  {old.verifier_key}")
    click.echo(f"and is now      {new.verifier_key}")
    click.echo("Next: back up signer.key, give witnesses the new key, and publish it where the old one stands.")
    if place.url:
        click.echo("Every other server gets it in its own data directory, before it starts again.")
