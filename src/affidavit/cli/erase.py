"""`affidavit erase`: entries' payloads and salts, with every copy of them."""

from __future__ import annotations

from typing import Any

import click

from affidavit.cli.options import json_option, place_options
from affidavit.cli.ordering import authority_if_any, clean, grounds, reason_if_any, refusals, says
from affidavit.cli.terminal import json_line
from affidavit.core import ids
from affidavit.errors import InvalidBody
from affidavit.ledger.erasure import plan
from affidavit.wiring.ledger import workspace_named
from affidavit.wiring.orders import orders
from affidavit.wiring.place import Place

INSTEAD = "have it erased by the server: POST /v1/affidavit/erase, with a key that has the scope erase"


@click.command()
@click.argument("entry_ids", metavar="ENTRIES", nargs=-1)
@reason_if_any
@authority_if_any
@click.option("--workspace", help="Whose entries they must be.  [default: anybody's]")
@place_options
@json_option
def erase(
    entry_ids: tuple[str, ...],
    reason: str | None,
    authority: str | None,
    workspace: str | None,
    place: Place,
    as_json: bool,
) -> int:
    """Erase entries for good. ENTRIES are ids, as UUID or ULID; headers, hashes and proofs stay.

    All of them or none: an id that is unknown, or under legal hold, refuses the rest. No server may be running, unless
    the ledger is in PostgreSQL. Without any, what an earlier erasure has left is destroyed, for which nobody has to
    say why.
    """
    if entry_ids and (reason is None or authority is None):
        raise click.UsageError("say why, with --reason, and who may say so, with --authority: both are kept for ever")
    given = None if reason is None or authority is None else grounds(reason, authority)
    with refusals():
        wanted = [_id(text) for text in entry_ids]
        with orders(place, INSTEAD) as ledger:
            owner = None if workspace is None else workspace_named(ledger.store, workspace)
            planned = plan(ledger.store, wanted, owner)
            entries = [entry for portion in planned.portions for entry in portion]
            said = [] if given is None else [(count, says(entry)) for count, entry in ledger.erase(entries, given)]
            code = clean(ledger)
    _report([ids.uuid_text(entry.id) for entry in entries], list(map(ids.uuid_text, planned.already)), said, as_json)
    return code


def _id(text: str) -> bytes:
    identity = ids.parse(text)
    if identity is None:
        raise InvalidBody(f"{text!r} is no id of an entry: give a UUID or a ULID. Nothing was erased")
    return identity


def _report(erased: list[str], already: list[str], said: list[tuple[int, dict[str, Any]]], as_json: bool) -> None:
    if as_json:
        click.echo(json_line({"erased": erased, "already": already, "erasures": [entry for _, entry in said]}))
        return
    for count, entry in said:
        click.echo(f"Erased {count:,} entries; entry {entry['entry']} at position {entry['position']} says so.")
    if already:
        click.echo(f"{len(already):,} had been erased already.")
    elif not said:
        click.echo("Nothing was to be erased.")
