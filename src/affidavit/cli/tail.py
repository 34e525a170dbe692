"""`affidavit tail`: entries as they arrive, read from the store."""

from __future__ import annotations

import time

import click

from affidavit.cli.entries import facts
from affidavit.cli.options import json_option, ledger, place_options
from affidavit.cli.terminal import give_up_stdout, json_line, short
from affidavit.core import instants
from affidavit.core.entry import Entry
from affidavit.wiring.ledger import Ledger
from affidavit.wiring.place import Place

POLL_SECONDS = 0.25
BLOCK_ENTRIES = 100
MOST_CHARACTERS = 40
"""Of a client's text in a line for people; --json has all of it."""


@click.command()
@place_options
@click.option("-n", "--lines", type=click.IntRange(min=0), default=10, show_default=True, help="Entries to begin with.")
@click.option("--follow/--no-follow", "-f", default=True, help="Go on until Ctrl-C, or stop at the end.")
@json_option
def tail(place: Place, lines: int, follow: bool, as_json: bool) -> None:
    """Print the newest entries, then every entry as it is committed."""
    try:
        with ledger(place) as store:
            _print(store, max(0, store.size() - lines), follow, as_json)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:  # `affidavit tail | head`
        give_up_stdout()


def _print(store: Ledger, position: int, follow: bool, as_json: bool) -> None:
    while True:
        entries = store.scan(position, BLOCK_ENTRIES)
        for entry in entries:
            click.echo(json_line(facts(entry)) if as_json else _line(entry))
        if entries:
            position = entries[-1].position + 1
        elif follow:
            time.sleep(POLL_SECONDS)
        else:
            return


def _line(entry: Entry) -> str:
    kind, agent = (
        "(erased)" if entry.erased else short(entry.type, MOST_CHARACTERS),
        short(entry.agent or "", MOST_CHARACTERS),
    )
    session = f"({short(entry.session, MOST_CHARACTERS)})" if entry.session else ""
    return (
        f"{entry.position:>8}  {instants.text(entry.at)}  {short(entry.dialect, MOST_CHARACTERS):<10} {kind:<18} "
        f"{short(entry.severity or '-', MOST_CHARACTERS):<8} {agent} {session}"
    ).rstrip()
