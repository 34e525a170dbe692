"""`affidavit verify`: re-read everything, recompute everything, report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import orjson
from msgspec.structs import asdict

from affidavit.cli.options import data_option, json_option, settings_from
from affidavit.core.verify import Problem
from affidavit.ledger.audit import AuditReport, audit
from affidavit.wiring.directory import open_store, projector

MOST_PROBLEMS_PRINTED = 100
"""For people; --json has them all."""


@click.command()
@data_option
@json_option
def verify(data: Path | None, as_json: bool) -> None:
    """Recompute every hash, link, commitment and projection of the ledger. Works beside a running server.

    Exit code 0: proven. 1: broken, and the report says where. 2: the ledger cannot be read.
    """
    store = open_store(settings_from(data=data).data, exclusive=False)
    try:
        salts = {workspace.id: workspace.salt for workspace in store.workspaces()}
        with _progress(store.size()) as progress:
            report = audit(store, store.origin, salts, projector(), progress=progress)
    finally:
        store.close()
    if as_json:
        status = "broken" if report.problems else "proven"
        problems = [asdict(problem) for problem in report.problems]
        click.echo(
            orjson.dumps({"status": status, "entries": report.entries, "chains": report.chains, "problems": problems})
        )
    else:
        _print(report)
    sys.exit(1 if report.problems else 0)


@contextmanager
def _progress(size: int) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, where somebody watches."""
    with click.progressbar(length=max(size, 1), label="verifying", file=sys.stderr, show_pos=True) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(min(done, bar.length) - bar.pos)

        yield show


def _print(report: AuditReport) -> None:
    scope = f"{report.entries:,} entries in {report.chains:,} chains"
    if not report.problems:
        click.echo(f"Proven: {scope} are consistent with their hashes, links, commitments and projections.")
        click.echo("Not proven: that the whole file was not rewritten, or its newest entries cut off together with")
        click.echo("the list of chains. For that, compare the heads with ones you kept elsewhere.")
        return
    click.echo(f"Broken: {len(report.problems):,} problems in {scope}.")
    for problem in report.problems[:MOST_PROBLEMS_PRINTED]:
        click.echo(f"  {_line(problem)}")
    if len(report.problems) > MOST_PROBLEMS_PRINTED:
        click.echo(f"  and {len(report.problems) - MOST_PROBLEMS_PRINTED:,} more: --json lists them all")


def _line(problem: Problem) -> str:
    where = "" if problem.position is None else f" at position {problem.position}"
    chain = "" if problem.chain is None else f", chain {problem.chain} seq {problem.seq}"
    return f"{problem.code}{where}{chain}: {problem.message}"
