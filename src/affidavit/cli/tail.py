"""`affidavit tail`: entries as they arrive, read from the store."""

from __future__ import annotations

import time
from pathlib import Path

import click

from affidavit.cli.options import data_option, json_option, settings_from
from affidavit.core import canonical, ids, instants
from affidavit.core.entry import Entry
from affidavit.wiring.directory import open_store

POLL_SECONDS = 0.25
BLOCK_ENTRIES = 500


@click.command()
@data_option
@click.option("-n", "--lines", type=click.IntRange(min=0), default=10, show_default=True, help="Entries to begin with.")
@click.option("--follow/--no-follow", "-f", default=True, help="Go on until Ctrl-C, or stop at the end.")
@json_option
def tail(data: Path | None, lines: int, follow: bool, as_json: bool) -> None:
    """Print the newest entries, then every entry as it is committed."""
    store = open_store(settings_from(data=data).data, exclusive=False)
    try:
        position = max(0, store.size() - lines)
        while True:
            entries = store.scan(position, BLOCK_ENTRIES)
            for entry in entries:
                click.echo(_json_line(entry) if as_json else _line(entry))
            if entries:
                position = entries[-1].position + 1
            elif follow:
                time.sleep(POLL_SECONDS)
            else:
                return
    except KeyboardInterrupt:
        return
    finally:
        store.close()


def _line(entry: Entry) -> str:
    who = " ".join(filter(None, (entry.agent, entry.session and f"({entry.session})")))
    return (
        f"{entry.position:>8}  {instants.text(entry.at)}  {entry.dialect:<10} {entry.type:<18} "
        f"{entry.severity or '-':<8} {who}"
    )


def _json_line(entry: Entry) -> bytes:
    return canonical.write(
        {
            "position": entry.position,
            "id": ids.uuid_text(entry.id),
            "at": instants.micros_text(entry.at),
            "dialect": entry.dialect,
            "chain": entry.chain.hex(),
            "seq": entry.seq,
            "hash": entry.hash.hex(),
            "agent": entry.agent,
            "session": entry.session,
            "type": entry.type,
            "severity": entry.severity,
            "payload": canonical.parse(entry.payload),
        }
    )
