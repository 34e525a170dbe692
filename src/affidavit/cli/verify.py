"""`affidavit verify`: re-read everything, recompute everything, report. Of the ledger, or of a bundle of evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec.structs import asdict

from affidavit.cli.options import data_option, json_option, ledger, place_from, store_option
from affidavit.cli.progress import progress_bar
from affidavit.cli.terminal import json_line, plain
from affidavit.core.verify import Problem
from affidavit.ledger.audit import AuditReport
from affidavit.verifier import affidavit_verify
from affidavit.wiring.place import Place
from affidavit.wiring.verifying import verify_directory

MOST_PROBLEMS_PRINTED = 100
"""For people; --json has them all."""


_OF_A_BUNDLE = (
    ("--key", "Verifier key that you trust, of the ledger or of its receipts. Repeatable."),
    ("--policy", "File with keys, witnesses and their quorum (C2SP tlog-policy)."),
    ("--checkpoint", "File with a signed checkpoint that you hold. Repeatable."),
    ("--receipt", "File with a signed receipt that you hold. Repeatable."),
    ("--max-age", "Greatest age of the checkpoint, such as 90s, 24h, 7d."),
)
"""Each is an option of the verifier, and given to it as it is."""


def _bundle_options(command: Callable[..., int]) -> Callable[..., int]:
    for name, described in reversed(_OF_A_BUNDLE):
        command = click.option(name, multiple=True, help=f"Bundle: {described}")(command)
    return command


@click.command()
@click.argument("target", metavar="FILE", required=False, type=click.Path(path_type=Path))
@_bundle_options
@click.option("--complete", is_flag=True, help="Bundle: demand that its scope is proven complete.")
@data_option
@store_option
@json_option
def verify(
    target: Path | None,
    data: Path | None,
    store: str | None,
    complete: bool,
    as_json: bool,
    **given: tuple[str, ...],
) -> int:
    """Verify a bundle of evidence, FILE, offline; or, without FILE or with a directory, the ledger there.

    Of the ledger every hash, link, commitment and projection is recomputed, also beside a running server.

    Exit code 0: proven. 1: broken, and the report says where. 2: it cannot be read. 3: a bundle is sound, but the
    policy asks for more.
    """
    if target is not None and not target.is_dir():
        if data is not None or store is not None:
            raise click.UsageError("--data and --store name a ledger, and FILE a bundle: give one of them")
        return _verify_bundle(target, given, complete=complete, as_json=as_json)
    if complete or any(given.values()):
        raise click.UsageError(
            "--key, --policy, --checkpoint, --receipt, --max-age and --complete are for a bundle: name it"
        )
    return _verify_ledger(place_from(target if data is None else data, store), as_json=as_json)


def _verify_bundle(file: Path, given: Mapping[str, Sequence[str]], *, complete: bool, as_json: bool) -> int:
    """What `affidavit_verify.py` says, which is a program of its own."""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, values in given.items() for value in values]
    arguments += ["--complete"] * complete + ["--json"] * as_json
    try:
        return affidavit_verify.main([*arguments, "--", str(file)])
    except SystemExit as ended:  # wrong usage, which it has explained
        return 2 if ended.code else 0


def _verify_ledger(place: Place, *, as_json: bool) -> int:
    with ledger(place) as store, progress_bar("verifying", store.size()) as progress:
        report = verify_directory(place.directory, store, progress)
    if as_json:
        click.echo(_for_machines(report))
    else:
        _print(report)
    return 1 if report.problems else 0


def _for_machines(report: AuditReport) -> str:
    return json_line(
        {
            "status": "broken" if report.problems else "proven",
            "entries": report.entries,
            "chains": report.chains,
            "heads_passed": report.heads_passed,
            "problems": [problem_members(problem) for problem in report.problems],
        }
    )


def _print(report: AuditReport) -> None:
    scope = f"{report.entries:,} entries in {report.chains:,} chains"
    if not report.problems:
        click.echo(f"Proven: {scope} are consistent with their hashes, links, commitments and projections.")
        if report.heads_passed:
            click.echo(f"Not compared: {report.heads_passed:,} older commitments to all heads; the newest was.")
        click.echo("Not proven: that the whole ledger was not rewritten, or its newest entries cut off together with")
        click.echo("the list of chains. For that, verify a bundle of it with a checkpoint that was kept elsewhere:")
        click.echo("affidavit export --all -o case.affidavit, then affidavit verify case.affidavit --checkpoint FILE.")
        return
    click.echo(f"Broken: {len(report.problems):,} problems in {scope}.")
    print_problems(report.problems)


def print_problems(problems: Sequence[Problem]) -> None:
    """A line each."""
    for problem in problems[:MOST_PROBLEMS_PRINTED]:
        click.echo(f"  {_line(problem)}")
    if len(problems) > MOST_PROBLEMS_PRINTED:
        click.echo(f"  and {len(problems) - MOST_PROBLEMS_PRINTED:,} more: --json lists them all")


def problem_members(problem: Problem) -> dict[str, Any]:
    """One, for machines."""
    return asdict(problem) | {"message": plain(problem.message)}


def _line(problem: Problem) -> str:
    where = "" if problem.position is None else f" at position {problem.position}"
    chain = "" if problem.chain is None else f", chain {problem.chain} seq {problem.seq}"
    return f"{problem.code}{where}{chain}: {plain(problem.message)}"
