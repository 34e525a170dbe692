"""`affidavit witness`: cosign the checkpoints of other ledgers, and show what was refused."""

from __future__ import annotations

from pathlib import Path

import click

from affidavit.cli.options import json_option
from affidavit.cli.terminal import json_line, plain
from affidavit.core import instants
from affidavit.core.notekey import VerifierKey
from affidavit.errors import DataDirectoryError
from affidavit.wiring.witnessing import run_witness
from affidavit.witness.evidence import Evidence, Refusal


@click.command()
@click.option(
    "--data", required=True, type=click.Path(path_type=Path, file_okay=False), help="Directory of the witness."
)
@click.option("--listen", "address", default="127.0.0.1:7610", show_default=True, help="HOST:PORT to listen on.")
@click.option("--log", "logs", multiple=True, metavar="KEY", help="Verifier key of a ledger to cosign; several times.")
@click.option(
    "--name", help="The witness's name for ever, like a host and a path.  [default: affidavit.local/witness/<uuid>]"
)
@click.option("--evidence", is_flag=True, help="Print what was refused though its ledger had signed it, and end.")
@json_option
def witness(data: Path, address: str, logs: tuple[str, ...], name: str | None, evidence: bool, as_json: bool) -> None:
    """Cosign checkpoints until Ctrl-C, each only if it continues the one before. The first run makes the key."""
    if evidence:
        _print_evidence(data, as_json)
    else:
        run_witness(data, name, address, logs, lambda url, key: _announce(url, key, as_json))


def _announce(url: str, key: VerifierKey, as_json: bool) -> None:
    if as_json:
        click.echo(json_line({"url": url, "key": str(key)}))
        return
    lines = [
        f"The witness {key.name} serves on {url}, Ctrl-C ends it. A ledger's policy names it so:",
        "",
        f"witness {key.name} {key} {url}",
    ]
    click.echo("\n".join(map(plain, lines)))


def _print_evidence(data: Path, as_json: bool) -> None:
    if not data.is_dir():
        raise DataDirectoryError(f"there is no directory {data}: name the one that the witness was started with")
    found = list(Evidence(data).all())
    for refusal in found:
        click.echo(json_line(_facts(refusal)) if as_json else _told(refusal))
    if not found and not as_json:
        click.echo("Nothing that a ledger signed was refused.")


def _facts(refusal: Refusal) -> dict[str, object]:
    return {field: getattr(refusal, field) for field in refusal.__struct_fields__}


def _told(refusal: Refusal) -> str:
    """For people, and to be cut out: both notes stand as they were signed."""
    if refusal.kind == "two histories":
        why = "one size under two roots. Both are signed: the ledger has shown two histories"
    else:
        why = "no proof came that the second continues the first: ask the ledger for one"
    held, refused = (["  " + plain(line) for line in note.splitlines()] for note in (refusal.held, refusal.refused))
    at = instants.text(refusal.at * 1_000_000)
    return "\n".join([f"{plain(refusal.origin)}, {at}: {why}.", "cosigned:", *held, "refused:", *refused, ""])
