"""`affidavit show`: one entry, with everything that its hash is made of."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from affidavit.cli.options import data_option, json_option, settings_from
from affidavit.core import canonical, ids, instants
from affidavit.core.entry import Entry
from affidavit.wiring.directory import open_store


@click.command()
@click.argument("entry_id", metavar="ENTRY")
@data_option
@json_option
def show(entry_id: str, data: Path | None, as_json: bool) -> None:
    """Print an entry. ENTRY is its id (as UUID or ULID) or its position."""
    store = open_store(settings_from(data=data).data, exclusive=False)
    try:
        entry = store.entry_at(int(entry_id)) if entry_id.isdecimal() else _by_id(store.entry, entry_id)
    finally:
        store.close()
    if entry is None:
        click.echo(f"affidavit: there is no entry {entry_id}: give an id, or a position from 0", err=True)
        sys.exit(1)
    described = _described(entry)
    if as_json:
        click.echo(canonical.write(described))
        return
    for name, value in described.items():
        text = value if isinstance(value, str) else canonical.write(value).decode()
        click.echo(f"{name:<12} {text}")


def _by_id(find: Any, text: str) -> Entry | None:
    identity = ids.parse(text)
    found: Entry | None = find(identity) if identity else None
    return found


def _described(entry: Entry) -> dict[str, Any]:
    return {
        "position": entry.position,
        "id": ids.uuid_text(entry.id),
        "ulid": ids.ulid_text(entry.id),
        "dialect": entry.dialect,
        "received": instants.micros_text(entry.at),
        "header": entry.header.decode(),
        "hash": entry.hash.hex(),
        "salt": entry.salt.hex(),
        "agent": entry.agent,
        "session": entry.session,
        "type": entry.type,
        "severity": entry.severity,
        "payload": canonical.parse(entry.payload),
    }
