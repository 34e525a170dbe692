"""`affidavit hold` and `affidavit release`: chains that nothing may be erased of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import click

from affidavit import dialects
from affidavit.cli.options import json_option, place_options
from affidavit.cli.ordering import authority_option, grounds, reason_option, refusals, says
from affidavit.cli.terminal import json_line
from affidavit.errors import InvalidBody, NotFound
from affidavit.ledger import holds
from affidavit.wiring.ledger import DEFAULT_WORKSPACE, Ledger, workspace_named
from affidavit.wiring.orders import now, orders
from affidavit.wiring.place import Place

INSTEAD = "stop the server for as long as the command takes"
_CHAIN = re.compile("[0-9a-f]{32}")


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        json_option,
        place_options,
        click.option("--workspace", default=DEFAULT_WORKSPACE, show_default=True, help="Whose agent or session."),
        click.option("--session", help="The chains that have an entry of this session."),
        click.option("--agent", help="The chains that have an entry of this agent."),
        authority_option,
        reason_option,
        click.argument("chain_ids", metavar="CHAINS", nargs=-1),
    ):
        command = option(command)
    return command


@click.command()
@_options
def hold(**given: Any) -> None:
    """Put chains under legal hold: nothing of theirs is erased, by nobody, until they are released.

    CHAINS are ids, as `affidavit show` prints them. A chain that begins later is not under it. No server may be
    running, unless the ledger is in PostgreSQL.
    """
    _order("hold", **given)


@click.command()
@_options
def release(**given: Any) -> None:
    """Release chains from legal hold. No server may be running, unless the ledger is in PostgreSQL."""
    _order("release", **given)


def _order(
    act: holds.Act,
    *,
    chain_ids: tuple[str, ...],
    reason: str,
    authority: str,
    agent: str | None,
    session: str | None,
    workspace: str,
    place: Place,
    as_json: bool,
) -> None:
    grounds_given = grounds(reason, authority)
    with refusals():
        named = [_id(text) for text in chain_ids]
        with orders(place, INSTEAD) as ledger:
            found = _found(ledger.store, workspace, agent, session)
            submissions = holds.orders(act, ledger.store, [*named, *found], grounds_given, now())
            said = [ledger.append(submission) for submission in submissions]
            held = sorted(chain.hex() for chain in ledger.store.holds())
    if as_json:
        click.echo(json_line({"orders": [says(entry) for entry in said], "held": held}))
        return
    for entry in said:
        click.echo(f"Done; entry {says(entry)['entry']} at position {entry.position} says so.")
    if not said:
        click.echo("Nothing was to be done: so they are already.")
    click.echo(f"Under legal hold: {', '.join(held) or 'nothing'}.")


def _id(text: str) -> bytes:
    if not _CHAIN.fullmatch(text.lower()):
        raise InvalidBody(f"{text!r} is no id of a chain: give 32 hexadecimal digits. Nothing was changed")
    return bytes.fromhex(text)


def _found(store: Ledger, workspace: str, agent: str | None, session: str | None) -> Iterable[bytes]:
    if agent is None and session is None:
        return ()
    known = [dialect.name for dialect in dialects.load().values() if dialect.ingests]
    found = holds.chains_with(store, workspace_named(store, workspace), known, agent=agent, session=session)
    if not found:
        raise NotFound("no chain has an entry of this agent or session: nothing was changed")
    return found
