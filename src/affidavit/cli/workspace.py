"""`affidavit workspace`: create and list tenants. Works while the server runs."""

from __future__ import annotations

import os
import re

import click

from affidavit.cli.options import json_option, ledger, place_options
from affidavit.cli.terminal import json_line, plain
from affidavit.errors import SettingError
from affidavit.wiring.ledger import WORKSPACE_SALT_BYTES
from affidavit.wiring.place import Place

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
"""Readers are shown it: AgentLens as a tenant's id, ASN as an operator's name."""


@click.group()
def workspace() -> None:
    """Tenants: each has its own keys, agents, chains and scores, and sees nobody else's."""


@workspace.command()
@click.argument("name")
@place_options
@json_option
def create(name: str, place: Place, as_json: bool) -> None:
    """Make a workspace. A running server knows it at once."""
    if not _NAME.fullmatch(name):
        raise SettingError(
            f"{name!r} cannot name a workspace: take 1 to 63 of a-z, 0-9, '.', '_' and '-', a letter or a digit first"
        )
    with ledger(place) as store:
        made = store.add_workspace(name, os.urandom(WORKSPACE_SALT_BYTES))
    if as_json:
        click.echo(json_line({"name": made.name}))
    else:
        click.echo(f"Made the workspace {name}. Next: affidavit key create --workspace {name} --dialect ...")


@workspace.command("list")
@place_options
@json_option
def list_workspaces(place: Place, as_json: bool) -> None:
    """Show every workspace, oldest first, and how many keys it has that were not revoked."""
    with ledger(place) as store:
        keys, workspaces = store.keys(), store.workspaces()
    listed = [
        {"name": found.name, "keys": sum(key.workspace == found and key.revoked_at is None for key in keys)}
        for found in workspaces
    ]
    if as_json:
        click.echo(json_line(listed))
        return
    for each in listed:
        click.echo(plain(f"{each['name']:<24} keys: {each['keys']}"))
