"""`affidavit score`: what the ledger says about an agent, computed from nothing but the ledger."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import click

from affidavit import dialects
from affidavit.cli.options import json_option, ledger, place_options
from affidavit.cli.terminal import json_line, plain
from affidavit.core import instants
from affidavit.dialects.contract import Dialect
from affidavit.errors import SettingError
from affidavit.ledger.scores import Scores
from affidavit.model.draft import Workspace, storable
from affidavit.model.query import Query
from affidavit.model.score import Score, Subject
from affidavit.reputation.beta import Beta
from affidavit.wiring.ledger import DEFAULT_WORKSPACE, Ledger, workspace_named
from affidavit.wiring.place import Place
from affidavit.wiring.scores import ALGORITHMS, scores_of


@click.command()
@click.argument("agent")
@click.option("--dialect", help="Whose agent, such as agentlens.  [default: every dialect that knows it]")
@click.option(
    "--algorithm", type=click.Choice(ALGORITHMS), default=Beta.algorithm, show_default=True, help="Which score."
)
@click.option("--workspace", default=DEFAULT_WORKSPACE, show_default=True, help="Whose ledger.")
@click.option("--recompute", is_flag=True, help="From the first entry on, and compare with the short way.")
@place_options
@json_option
def score(
    agent: str,
    dialect: str | None,
    algorithm: str,
    workspace: str,
    recompute: bool,
    place: Place,
    as_json: bool,
) -> int:
    """Print an agent's score, the entries it was computed from, and the head it was computed at.

    Exit code 1: nobody knows the agent, or the two ways of --recompute differ.
    """
    known = {name: spoken for name, spoken in dialects.load().items() if spoken.ingests}
    if dialect is not None and dialect not in known:
        raise SettingError(f"there is no dialect {plain(dialect)}: there are {', '.join(sorted(known))}")
    now = time.time_ns() // 1000
    with ledger(place) as store:
        subjects = _subjects(store, workspace_named(store, workspace), agent, [dialect] if dialect else sorted(known))
        found = _scores(store, known.values(), subjects, algorithm, now, recompute=recompute)
    if not found:
        click.echo(f"affidavit: no entry names the agent {plain(agent)}", err=True)
        return 1
    for subject, computed, agrees in found:
        described = _described(subject, computed)
        if recompute:
            described["agrees"] = agrees
        _print(described, as_json=as_json)
    return 0 if all(agrees for _, _, agrees in found) else 1


def _subjects(store: Ledger, workspace: Workspace, agent: str, names: Sequence[str]) -> list[Subject]:
    """The agent in each dialect that has an entry of it."""
    name = storable(agent)
    return [
        Subject(workspace, dialect, name)
        for dialect in names
        if store.find(workspace.id, Query(dialect, agent=name, limit=1, counted=False)).entries
    ]


def _scores(
    store: Ledger,
    known: Iterable[Dialect],
    subjects: Sequence[Subject],
    algorithm: str,
    now: int,
    *,
    recompute: bool,
) -> list[tuple[Subject, Score, bool]]:
    scores: Scores = scores_of(store, known)
    found = []
    for subject in subjects:
        short = scores.score(subject, algorithm, now)
        whole = scores.recompute(subject, algorithm, now) if recompute else short
        found.append((subject, whole, whole.values == short.values))
    return found


def _described(subject: Subject, computed: Score) -> dict[str, Any]:
    return {
        "agent": computed.agent,
        "dialect": subject.dialect,
        "workspace": subject.workspace.name,
        "algorithm": computed.algorithm,
        "values": computed.values,
        "entries": computed.entries,
        "first": computed.first,
        "last": computed.last,
        "head": computed.head.hex() if computed.head else None,
        "computed_at": instants.micros_text(computed.computed_at),
    }


def _print(described: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json_line(described))
        return
    for name, value in described.items():
        if name == "values":
            for measure, figure in value.items():
                click.echo(f"  {plain(str(measure)):<24} {plain(str(figure))}")
        else:
            click.echo(f"{name:<12} {plain(str(value))}")
