"""`affidavit show`: one entry, with everything that its hash is made of."""

from __future__ import annotations

import click
import orjson

from affidavit.cli.entries import facts
from affidavit.cli.options import json_option, ledger, place_options
from affidavit.cli.terminal import json_line, plain
from affidavit.core import ids
from affidavit.core.entry import Entry
from affidavit.wiring.ledger import Ledger
from affidavit.wiring.place import Place

MOST_DIGITS = 18
"""Digits of a position: as many as every 64-bit integer can have, and fewer than an id has letters."""


@click.command()
@click.argument("entry_id", metavar="ENTRY")
@place_options
@json_option
def show(entry_id: str, place: Place, as_json: bool) -> int:
    """Print an entry. ENTRY is its id (as UUID or ULID) or its position."""
    with ledger(place) as store:
        entry = _find(store, entry_id)
    if entry is None:
        click.echo(f"affidavit: there is no entry {plain(entry_id)}: give an id, or a position from 0", err=True)
        return 1
    described = facts(entry)
    if as_json:
        click.echo(json_line(described))
        return 0
    for name, value in described.items():
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        click.echo(f"{name:<12} {plain(text)}")
    return 0


def _find(store: Ledger, text: str) -> Entry | None:
    if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS:
        return store.entry_at(int(text))
    identity = ids.parse(text)
    return None if identity is None else store.entry(identity)
