"""Round trips of a commit: as many for one entry as for a thousand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from affidavit.storage.postgres import create, writer
from affidavit.storage.postgres.connecting import Connection, connect
from tests.contract.peers import Peer, once, peers
from tests.contract.recording import ORIGIN, draft

TRIPS = 5
"""writer.py lists them."""
WAITS = re.compile(rb"^[0-9-]+ [0-9:.]+\tF\t[0-9]+\t(Sync|Query|CopyDone)", re.MULTILINE)
"""What we say last before we wait for an answer. What the database answers before that, we did not wait for."""


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[Peer], Path]]:
    """Has a server connect, and gives libpq's trace of the connection that commits."""
    path = tmp_path / "trace"
    with path.open("w") as file:

        def tracing(url: str) -> Connection:
            connection = connect(url)
            connection.pgconn.trace(file.fileno())
            return connection

        def begin(server: Peer) -> Path:
            with monkeypatch.context() as patched:
                patched.setattr(writer, "connect", tracing)
                server.record([draft("connects")])
            return path

        yield begin


@pytest.fixture
def both(database: str) -> Iterator[list[Peer]]:
    """Two servers of a ledger."""
    create(database, ORIGIN)
    with peers(database, 2) as opened:
        yield opened


def trips(trace: Path, work: Callable[[], object]) -> int:
    """How often an answer was waited for."""
    start = trace.stat().st_size
    work()
    return len(WAITS.findall(trace.read_bytes()[start:]))


def test_a_commit_takes_as_many_whatever_is_in_it(both: list[Peer], traced: Callable[[Peer], Path]) -> None:
    """New chains and old ones, one and many; what may come again; chains that another server moved meanwhile."""
    server, other = both
    trace = traced(server)
    drafts = [draft(number, chain=f"{number % 100}") for number in range(1000)]
    for some in (drafts[:1], drafts[:100], drafts, drafts[:1]):
        assert trips(trace, partial(server.record, some)) == TRIPS
    assert trips(trace, partial(once, server, 1)) == TRIPS
    other.record(drafts[:100])
    assert trips(trace, partial(server.record, drafts)) == TRIPS
    assert b"\tFlush" not in trace.read_bytes(), "behind it no clock of a resting transaction would run"
