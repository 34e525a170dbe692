"""`affidavit retain`: erase what is older than it may be kept."""

from __future__ import annotations

import re

import click

from affidavit import dialects
from affidavit.cli.options import json_option, place_options
from affidavit.cli.ordering import authority_option, clean, grounds, reason_option, refusals, says
from affidavit.cli.terminal import json_line
from affidavit.core.entry import Entry
from affidavit.core.instants import DAY
from affidavit.errors import SettingError
from affidavit.ledger.retention import Expired
from affidavit.wiring.ledger import workspace_named
from affidavit.wiring.orders import now, orders
from affidavit.wiring.place import Place

INSTEAD = "have the server do it: set AFFIDAVIT_RETENTION_DAYS"
_DAYS = re.compile(r"([1-9][0-9]{0,4})d")


@click.command()
@click.option("--older-than", "age", required=True, metavar="DAYS", help="Such as 400d.")
@reason_option
@authority_option
@click.option("--workspace", help="Whose entries.  [default: everybody's]")
@click.option("--dialect", help="Of which API, such as agentlens.  [default: of all]")
@place_options
@json_option
def retain(
    age: str,
    reason: str,
    authority: str,
    workspace: str | None,
    dialect: str | None,
    place: Place,
    as_json: bool,
) -> int:
    """Erase every entry that was received longer ago, but what is under legal hold.

    No server may be running, unless the ledger is in PostgreSQL.
    """
    days = _days(age)
    given = grounds(reason, authority)
    if dialect is not None and dialect not in dialects.load():
        raise SettingError(f"there is no dialect {dialect!r}: there are {', '.join(sorted(dialects.load()))}")
    with refusals(), orders(place, INSTEAD) as ledger:
        owner = None if workspace is None else workspace_named(ledger.store, workspace).id

        def wanted(entry: Entry) -> bool:
            return owner in (None, entry.workspace) and dialect in (None, entry.dialect)

        expired = Expired(ledger.store, wanted).before(now() - days * DAY)
        done = [(count, says(entry)) for count, entry in ledger.erase(expired, given)]
        code = clean(ledger)
    erased = sum(count for count, _ in done)
    if as_json:
        click.echo(json_line({"erased": erased, "erasures": [entry for _, entry in done]}))
    else:
        click.echo(f"Erased {erased:,} entries; {len(done):,} entries of the ledger's own say so.")
    return code


def _days(text: str) -> int:
    found = _DAYS.fullmatch(text)
    if found is None:
        raise SettingError(f"--older-than is {text!r}: give whole days, such as 400d")
    return int(found[1])
