"""`affidavit key`: create, list and revoke API keys, and change their signing secrets. Works while the server runs."""

from __future__ import annotations

import time
from typing import Any

import click

from affidavit import dialects
from affidavit.access.keys import Key
from affidavit.cli.options import json_option, ledger, place_options
from affidavit.cli.terminal import json_line, plain
from affidavit.core import instants
from affidavit.errors import SettingError
from affidavit.wiring.database import refuse_incomplete
from affidavit.wiring.keys import create_key
from affidavit.wiring.ledger import DEFAULT_WORKSPACE, Ledger, workspace_named
from affidavit.wiring.place import Place
from affidavit.wiring.secrets import master_secret, secret_of

MOST_DAYS = 36_500
"""A hundred years; longer is never."""


@click.group()
def key() -> None:
    """API keys: who may report, and read what."""


@key.command()
@click.option("--dialect", required=True, help="Whose API it is for, such as agentlens.")
@click.option("--scope", "scopes", multiple=True, help="What it may do; repeatable.  [default: what is usual]")
@click.option("--workspace", default=DEFAULT_WORKSPACE, show_default=True, help="Whose ledger it sees.")
@click.option("--expires-days", type=click.IntRange(1, MOST_DAYS), help="Days until it expires.  [default: never]")
@place_options
@json_option
def create(
    dialect: str, scopes: tuple[str, ...], workspace: str, expires_days: int | None, place: Place, as_json: bool
) -> None:
    """Make a key and print it, this once, with its signing secret where the dialect's clients sign."""
    known = dialects.load()
    if dialect not in known:
        raise SettingError(f"there is no dialect {dialect!r}: there are {', '.join(sorted(known))}")
    signs = bool(known[dialect].secret_prefix)
    with ledger(place) as store:
        master = _master(place, store) if signs else b""  # before there is a key that cannot be made without it
        made, token = create_key(store, known[dialect], workspace_named(store, workspace), scopes, days=expires_days)
    secret = secret_of(master, known[dialect], made)
    if as_json:
        click.echo(json_line({**_described(made), "key": token} | ({} if secret is None else {"secret": secret})))
        return
    what = f"This is {made.id} of {dialect}, workspace {workspace}"
    if secret is None:
        click.echo(f"{token}\n\n{what}. It is not shown again.")
    else:
        click.echo(f"{token}\n{secret}\n\n{what}, and the secret it signs with. They are not shown again.")


@key.command("list")
@place_options
@json_option
def list_keys(place: Place, as_json: bool) -> None:
    """Show every key but its secret."""
    with ledger(place) as store:
        keys = store.keys()
    described = [_described(found) for found in keys]
    if as_json:
        click.echo(json_line(described))
        return
    for found in described:
        state = "revoked" if found["revoked_at"] else "expired" if found["expired"] else "good"
        scopes = ",".join(found["scopes"])
        click.echo(plain(f"{found['id']}  {found['dialect']:<12} {found['workspace']:<12} {state:<8} {scopes}"))


@key.command()
@click.argument("key_id")
@place_options
@json_option
def revoke(key_id: str, place: Place, as_json: bool) -> int:
    """Stop a key from working. A running server follows within a second."""
    with ledger(place) as store:
        keys = store.keys()
        known = key_id in [found.id for found in keys]
        if known:
            store.revoke_key(key_id, time.time_ns() // 1000)
            keys = store.keys()
    if not known:
        click.echo(f"affidavit: there is no key {plain(key_id)}: `affidavit key list` shows them", err=True)
        return 1
    revoked = next(_described(found) for found in keys if found.id == key_id)
    click.echo(json_line(revoked) if as_json else f"Revoked {key_id}.")
    return 0


@key.command("rotate-secret")
@click.argument("key_id")
@place_options
@json_option
def rotate_secret(key_id: str, place: Place, as_json: bool) -> int:
    """Give a key another signing secret and print it, this once. A running server follows within a second."""
    with ledger(place) as store:
        master = _master(place, store)  # before the old secret counts no more
        rotated = store.rotate_secret(key_id)
    known = dialects.load()
    if rotated is None or rotated.dialect not in known:
        click.echo(f"affidavit: there is no key {plain(key_id)} that signs: `affidavit key list` shows all", err=True)
        return 1
    secret = secret_of(master, known[rotated.dialect], rotated)
    if as_json:
        click.echo(json_line({**_described(rotated), "secret": secret}))
    else:
        click.echo(f"{secret}\n\n{key_id} signs with this from now on. It is not shown again.")
    return 0


def _master(place: Place, store: Ledger) -> bytes:
    if place.url:
        refuse_incomplete(place)
    return master_secret(place.directory, store)


def _described(found: Key) -> dict[str, Any]:
    def instant(micros: int | None) -> str | None:
        return None if micros is None else instants.micros_text(micros)

    return {
        "id": found.id,
        "dialect": found.dialect,
        "workspace": found.workspace.name,
        "scopes": found.scopes,
        "created_at": instant(found.created_at),
        "expires_at": instant(found.expires_at),
        "expired": found.expires_at is not None and found.expires_at <= time.time_ns() // 1000,
        "revoked_at": instant(found.revoked_at),
    }
