"""`affidavit export`: a bundle of evidence, that verifies without the server."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

import click
from msgspec.structs import replace

from affidavit import dialects
from affidavit.cli.options import json_option, ledger, place_options
from affidavit.cli.terminal import json_line, plain
from affidavit.core import instants
from affidavit.core.bundle import Scope
from affidavit.errors import InvalidBody, NothingToShow
from affidavit.ledger.bundles import Bundle, Wish
from affidavit.ledger.signer import load_signer
from affidavit.ledger.tree import Tree
from affidavit.ledger.wishes import wish_for
from affidavit.model.draft import Workspace
from affidavit.wiring.ledger import DEFAULT_WORKSPACE, Ledger, workspace_named
from affidavit.wiring.place import Place
from affidavit.wiring.signing import SIGNER_FILE

CHAIN_DIGITS = 32


@click.command()
@click.option("--all", "everything", is_flag=True, help="Every entry.")
@click.option("--chain", help="A chain, by its id of 32 hex digits.")
@click.option("--session", help="A session's entries.")
@click.option("--agent", help="An agent's entries.")
@click.option("--from", "since", help="Entries received from this time on, such as 2026-01-01T00:00:00Z.")
@click.option("--to", "until", help="Entries received up to this time.")
@click.option("--dialect", help="Whose agent or session, such as agentlens.  [default: the one that knows it]")
@click.option("--workspace", default=DEFAULT_WORKSPACE, show_default=True, help="Whose agent or session.")
@click.option(
    "--earlier",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A signed checkpoint from which the bundle shall prove that nothing was rewritten since. Repeatable.",
)
@click.option("--witnessed", is_flag=True, help="At the newest checkpoint that a witness has cosigned.")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to make."
)
@place_options
@json_option
def export(
    everything: bool,
    chain: str | None,
    session: str | None,
    agent: str | None,
    since: str | None,
    until: str | None,
    dialect: str | None,
    workspace: str,
    earlier: tuple[Path, ...],
    witnessed: bool,
    output: Path,
    place: Place,
    as_json: bool,
) -> int:
    """Make a file of evidence: entries of the ledger at its newest checkpoint, and all that proves them.

    Works beside a running server. Who gets the file verifies it with `affidavit verify FILE --key ...`, or with the
    one file affidavit_verify.py.

    Exit code 1: there is no such entry.
    """
    asked = [everything, chain is not None, session is not None, agent is not None, bool(since or until)]
    if sum(asked) != 1:
        raise click.UsageError("say what of: one of --all, --chain, --session, --agent, or --from and --to")
    with ledger(place) as store:
        try:
            if agent is not None or session is not None:
                wish = _named(store, workspace_named(store, workspace), agent, session, dialect)
            else:
                wish = Wish(_scope(chain, since, until) if not everything else Scope("all"))
            earliers = tuple(file.read_bytes() for file in earlier)
            bundle = Bundle(store, Tree(store), store.origin, replace(wish, earlier=earliers, witnessed=witnessed))
        except NothingToShow as nothing:
            click.echo(f"affidavit: {plain(str(nothing))}", err=True)
            return 1
        size = _write(output, bundle.pieces())
    key = str(load_signer(place.directory / SIGNER_FILE, bundle.origin).verifier_key)
    told = {"file": plain(str(output)), "bytes": size, "entries": len(bundle.positions), "size": bundle.checkpoint.size}
    if as_json:
        click.echo(json_line(told | {"key": key}))
        return 0
    click.echo(f"Wrote {told['entries']:,} of {told['size']:,} entries to {told['file']}, {size:,} bytes.")
    click.echo(f"Next: affidavit verify {plain(shlex.quote(str(output)))} --key {key}")
    click.echo("Who gets the file must have the key from you by another way: a letter, a contract, your web site.")
    return 0


def _named(store: Ledger, workspace: Workspace, agent: str | None, session: str | None, dialect: str | None) -> Wish:
    """An agent's or a session's entries. Raises NothingToShow where nobody knows it."""
    chained = {spoken.name: spoken.agent_chains for spoken in dialects.load().values() if spoken.ingests}
    try:
        if agent is not None:
            return wish_for(store, workspace, chained, "agent", agent, dialect)
        return wish_for(store, workspace, chained, "session", session or "", dialect)
    except InvalidBody as error:
        raise click.UsageError(plain(f"{error}, with --dialect")) from None


def _scope(chain: str | None, since: str | None, until: str | None) -> Scope:
    if chain is None:
        return Scope("range", since=_instant("--from", since), until=_instant("--to", until))
    return Scope("chain", _chain(chain))


def _chain(text: str) -> bytes:
    if len(text) != CHAIN_DIGITS or not set(text) <= set("0123456789abcdef"):
        raise click.UsageError(f"{plain(text)} is not a chain's id, 32 hex digits: `affidavit show` tells an entry's")
    return bytes.fromhex(text)


def _instant(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    micros = instants.parse(text)
    if micros is None or micros < 0:
        raise click.UsageError(f"{option} is {plain(text)}: write a time like 2026-01-01T00:00:00Z")
    return micros


def _write(output: Path, pieces: Iterable[bytes]) -> int:
    """Write a file that appears when it is whole, readable by its owner only. Returns its bytes."""
    unfinished = output.with_name(f".{output.name}.unfinished")
    size = 0
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for piece in pieces:
                size += file.write(piece)
        unfinished.replace(output)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return size
