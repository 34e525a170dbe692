"""`affidavit serve`: the server."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import click

from affidavit import dialects
from affidavit.cli.options import data_option, settings_from, store_option
from affidavit.cli.terminal import plain
from affidavit.settings import Settings
from affidavit.wiring.directory import has_ledger, initialise
from affidavit.wiring.keys import create_key
from affidavit.wiring.ledger import DEFAULT_WORKSPACE, Ledger, workspace_named
from affidavit.wiring.listeners import ports_for
from affidavit.wiring.place import Place, place_of
from affidavit.wiring.secrets import master_secret, secret_of
from affidavit.wiring.service import run_server


@click.command()
@data_option
@store_option
@click.option("--read-store", metavar="URL", help="A copy of it, for clients' reads.  [AFFIDAVIT_READ_STORE]")
@click.option("--host", help="Address to listen on.  [AFFIDAVIT_HOST; default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0: any free one.  [AFFIDAVIT_PORT; default: 7600]")
@click.option(
    "--port-for",
    "port_for",
    multiple=True,
    metavar="NAME=PORT",
    help="A port of a dialect's own.  [AFFIDAVIT_PORT_FOR]",
)
@click.option("--open", "open_", is_flag=True, default=None, help="Ask for no key. Loopback only.  [AFFIDAVIT_OPEN]")
def serve(port_for: tuple[str, ...], open_: bool | None, **flags: Any) -> None:
    """Serve every dialect on one port until Ctrl-C. The first run makes the ledger and prints its API keys once."""
    settings = settings_from(port_for=",".join(port_for) or None, open=open_, **flags)
    ports_for(settings.port_for, dialects.load())  # what cannot be served is refused before anything is made
    place = place_of(settings)
    if not has_ledger(place):
        initialise(place)
    run_server(settings, place, lambda bases, store: _announce(settings, place, bases, _first_tokens(settings, store)))


def _first_tokens(settings: Settings, store: Ledger) -> dict[str, str]:
    """One key for each dialect, by dialect, for a ledger that never had a key and whose server asks for one.

    And the secret that its clients may sign with, where they do.

    Made once the server listens: a key that nobody came to see would be lost.
    """
    if settings.open or store.keys():
        return {}
    workspace, master = workspace_named(store, DEFAULT_WORKSPACE), master_secret(settings.data, store)
    tokens = {}
    for name, dialect in dialects.load().items():
        key, tokens[name] = create_key(store, dialect, workspace)
        secret = secret_of(master, dialect, key)
        if secret is not None:
            tokens[f"{name} secret"] = secret
    return tokens


def _announce(settings: Settings, place: Place, bases: Mapping[str, str], tokens: dict[str, str]) -> None:
    """Everything at once, so that whoever reads it has all of it with the first line."""
    known = dialects.load()
    data = shlex.quote(str(settings.data))
    base = bases[""]
    lines = [f"Affidavit serves on {base}, ledger in {place}. Ctrl-C ends it."]
    lines += [f"On {url} a path that several have is {name}'s." for name, url in bases.items() if name]
    if tokens:
        lines += ["", "API keys, and a secret to sign with, shown this once. Keep them:", ""]
        lines += [f"  {name:<12} {token}" for name, token in tokens.items()]
        lines += ["", "`affidavit key create` makes others."]
    if tokens or settings.open:
        lines += ["", "A first event:"]
        for name, dialect in known.items():
            token = tokens.get(name, f"{dialect.key_prefix}anything")
            lines += ["", f"# {name}", *dialect.example.replace("{base}", base).replace("{key}", token).splitlines()]
    else:
        lines += [f"For another key: affidavit key create --dialect {next(iter(known))} --data {data}"]
    click.echo("\n".join(map(plain, lines)))
