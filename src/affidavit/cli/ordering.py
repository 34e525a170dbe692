"""What the commands share that order the ledger to do something: their grounds, and how a refusal is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from affidavit.cli.terminal import plain
from affidavit.core import ids
from affidavit.core.entry import Entry
from affidavit.errors import ChainHeld, InvalidBody, NotFound
from affidavit.ledger.erasure import Grounds
from affidavit.wiring.ledger import Ledger
from affidavit.wiring.orders import Orders

_REASON = "Why. Kept for ever, as an entry of the ledger's own: no personal data."
_AUTHORITY = "Who may say so, such as a person's office or a court's file number."
reason_option: Callable[[Any], Any] = click.option("--reason", required=True, help=_REASON)
authority_option: Callable[[Any], Any] = click.option("--authority", required=True, help=_AUTHORITY)
reason_if_any: Callable[[Any], Any] = click.option("--reason", help=_REASON)
authority_if_any: Callable[[Any], Any] = click.option("--authority", help=_AUTHORITY)


class Refusal(click.ClickException):
    """Not so: exit code 1, and one line."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """As all messages of the program."""
        click.echo(f"affidavit: {plain(self.message)}", err=True)


@contextmanager
def refusals() -> Iterator[None]:
    """What is refused is an answer, not a failure."""
    try:
        yield
    except (ChainHeld, InvalidBody, NotFound) as error:
        raise Refusal(str(error)) from None


def grounds(reason: str, authority: str) -> Grounds:
    """Raises Refusal for what is no reason or no authority, before anything is opened."""
    with refusals():
        given = Grounds(reason, authority)
        given.members()
    return given


def says(entry: Entry) -> dict[str, Any]:
    """The entry that says what was done."""
    return {"entry": ids.uuid_text(entry.id), "position": entry.position}


def clean(orders: Orders) -> int:
    """Destroy copies; warns where some are left. Returns the exit code."""
    left = orders.clean()
    if left:
        click.echo(f"affidavit: {_why_left(orders.store, left)}", err=True)
    return 1 if left else 0


def _why_left(store: Ledger, left: int) -> str:
    """And what to do."""
    if not store.shared:
        return (
            f"somebody goes on reading what was there before: copies of {left:,} entries are left in WALs. "
            "End those commands (tail, verify), then run `affidavit erase` without an id, or start the server"
        )
    if store.may_clean():
        return (
            f"somebody may still see what was there before: older versions of {left:,} entries' rows are left in "
            "tables. End the transactions, replication slots and prepared transactions that keep them (backend_xmin in "
            "pg_stat_activity), then run `affidavit erase` without an id; a server does it as well"
        )
    return (
        f"older versions of {left:,} entries' rows are left in tables until they are vacuumed, which only their "
        "owner may do: run `affidavit erase` without an id as that role; autovacuum does it too, in its own time"
    )
