"""Two workspaces whose agents and sessions have the same names see nothing of each other, whatever they ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from affidavit import dialects
from tests.storing import Storing
from tests.wire.callers import Callers
from tests.wire.looks import LOOKS, SPAN, STREAMS, Look
from tests.wire.tenants import NOBODYS, Tenant, text_without

DIALECTS = sorted({dialect for dialect, _ in LOOKS})
ALL = [(dialect, look) for (dialect, _), looks in LOOKS.items() for look in looks]
NAMED = [(dialect, look) for dialect, look in ALL if "{" in look.target.replace(SPAN, "")]
each_look = pytest.mark.parametrize(("dialect", "look"), ALL, ids=[f"{dialect} {look.target}" for dialect, look in ALL])


SETTINGS = {"AFFIDAVIT_PUBLIC_READS": "0", "AFFIDAVIT_HEADS_SECONDS": "1"}
Seen = dict[str, tuple[int, Any]]


class Scene(NamedTuple):
    """`alone`, `beside`: all that `east` saw before and after `west` reported too. `empty`: what a third one sees."""

    east: Tenant
    west: Tenant
    alone: Seen
    beside: Seen
    empty: Seen


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Callers]:
    """What ASN makes public is seen by everybody, unless that is turned off."""
    running = storing.start(tmp_path_factory.mktemp("tenants") / "data", environment=SETTINGS)
    made = Callers(running)
    yield made
    made.close()
    assert running.stop() == 0


@pytest.fixture(scope="module")
def scene(callers: Callers) -> Scene:
    """East reports and looks; west reports otherwise and more; east looks again."""
    east, west = Tenant(callers, "orient"), Tenant(callers, "occident")
    east.report(passed=True, times=3)
    east.hold()
    east.await_heads()
    own = {dialect: east.own(dialect) for dialect in DIALECTS}
    alone = east.everything(own)
    west.report(passed=False, times=5)
    west.hold()
    nobodys = dict.fromkeys(DIALECTS, NOBODYS)
    return Scene(east, west, alone, east.everything(own), Tenant(callers, "nobody").everything(nobodys))


def test_every_route_that_reads_is_here() -> None:
    known = dialects.load().values()
    assert {(dialect.name, route.path) for dialect in known for route in dialect.reads} == set(LOOKS)
    assert {(dialect.name, route.path) for dialect in known for route in dialect.streams} == STREAMS


@each_look
def test_what_another_reports_changes_nothing(scene: Scene, dialect: str, look: Look) -> None:
    asked = f"{dialect} {look.target}"
    assert scene.beside[asked] == scene.alone[asked]
    assert scene.alone[asked][0] == 200
    assert (scene.alone[asked] != scene.empty[asked]) == look.shows, "what is not shown cannot be told apart"


@each_look
def test_nothing_of_another_is_shown(scene: Scene, dialect: str, look: Look) -> None:
    shown = json.dumps(scene.beside[f"{dialect} {look.target}"])
    assert not [mark for mark in scene.west.marks() if mark in shown]


@pytest.mark.parametrize(("dialect", "look"), NAMED, ids=[f"{dialect} {look.target}" for dialect, look in NAMED])
def test_what_another_has_is_like_what_nobody_has(scene: Scene, dialect: str, look: Look) -> None:
    """By its id, its position, its number, a word in it."""
    wests = scene.west.own(dialect)
    assert text_without(scene.east.ask(dialect, look, wests), wests) == text_without(
        scene.east.ask(dialect, look, NOBODYS), NOBODYS
    )


def test_a_stream_has_only_what_is_its_workspaces(callers: Callers) -> None:
    listener, other = Tenant(callers, "listening"), Tenant(callers, "talking")
    with callers("agentlens", "listening").stream("GET", "/api/stream") as stream:
        lines = stream.iter_lines()
        next(lines)  # it listens
        other.report(passed=True, times=1)
        listener.report(passed=True, times=1)
        heard = ""
        while listener.word not in heard:
            heard += next(lines)
    assert other.word not in heard
