"""`affidavit serve`: the server."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from affidavit import dialects
from affidavit.cli.options import data_option, settings_from
from affidavit.settings import Settings
from affidavit.wiring.directory import DEFAULT_WORKSPACE, has_ledger, initialise, open_store, workspace_named
from affidavit.wiring.keys import create_key
from affidavit.wiring.service import run_server


@click.command()
@data_option
@click.option("--host", help="Address to listen on.  [AFFIDAVIT_HOST; default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0: any free one.  [AFFIDAVIT_PORT; default: 7600]")
@click.option("--open", "open_", is_flag=True, default=None, help="Ask for no key. Loopback only.  [AFFIDAVIT_OPEN]")
def serve(data: Path | None, host: str | None, port: int | None, open_: bool | None) -> None:
    """Serve every dialect on one port until Ctrl-C. The first run makes the ledger and prints its API keys once."""
    settings = settings_from(data=data, host=host, port=port, open=open_)
    tokens = {} if has_ledger(settings.data) else _first_run(settings)
    run_server(settings, announce=lambda base: _announce(settings, base, tokens))


def _first_run(settings: Settings) -> dict[str, str]:
    """Make the ledger and one key for each dialect. Returns the tokens by dialect."""
    initialise(settings.data)
    store = open_store(settings.data, exclusive=True)
    try:
        workspace = workspace_named(store, DEFAULT_WORKSPACE)
        return {name: create_key(store, dialect, workspace)[1] for name, dialect in dialects.load().items()}
    finally:
        store.close()


def _announce(settings: Settings, base: str, tokens: dict[str, str]) -> None:
    click.echo(f"Affidavit serves on {base}, ledger in {settings.data}. Ctrl-C ends it.")
    if tokens:
        click.echo("\nAPI keys, shown this once. Keep them; `affidavit key create` makes others.\n")
        for name, token in tokens.items():
            click.echo(f"  {name:<12} {token}")
    if tokens or settings.open:
        click.echo("\nA first event:\n")
        for name, dialect in dialects.load().items():
            token = "anything" if settings.open else tokens[name]
            command = dialect.example.replace("{base}", base).replace("{key}", token)
            click.echo(f"# {name}\n{command}\n")
    else:
        data = shlex.quote(str(settings.data))
        click.echo(f"For another key: affidavit key create --dialect {next(iter(dialects.load()))} --data {data}")
