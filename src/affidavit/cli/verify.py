"""`affidavit verify`: re-read everything, recompute everything, report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec.structs import asdict

from affidavit.cli.options import data_option, json_option, ledger
from affidavit.cli.terminal import json_line, plain
from affidavit.core.verify import Problem
from affidavit.ledger.audit import AuditReport, audit
from affidavit.wiring.directory import projector

MOST_PROBLEMS_PRINTED = 100
"""For people; --json has them all."""


@click.command()
@data_option
@json_option
def verify(data: Path | None, as_json: bool) -> int:
    """Recompute every hash, link, commitment and projection of the ledger. Works beside a running server.

    Exit code 0: proven. 1: broken, and the report says where. 2: the ledger cannot be read.
    """
    with ledger(data) as store:
        salts = {workspace.id: workspace.salt for workspace in store.workspaces()}
        with _progress(store.size()) as progress:
            report = audit(store, store.origin, salts, projector(), progress=progress)
    if as_json:
        click.echo(_for_machines(report))
    else:
        _print(report)
    return 1 if report.problems else 0


@contextmanager
def _progress(size: int) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, where somebody watches."""
    watched = sys.stderr.isatty()
    with click.progressbar(length=max(size, 1), label="verifying", file=sys.stderr, hidden=not watched) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(min(done, bar.length) - bar.pos)

        yield show


def _for_machines(report: AuditReport) -> str:
    return json_line(
        {
            "status": "broken" if report.problems else "proven",
            "entries": report.entries,
            "chains": report.chains,
            "problems": [asdict(problem) | {"message": plain(problem.message)} for problem in report.problems],
        }
    )


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
    return f"{problem.code}{where}{chain}: {plain(problem.message)}"
