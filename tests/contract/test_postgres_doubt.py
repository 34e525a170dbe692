"""A connection that is lost in the midst of a commit: whatever became of that, it is committed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
import pytest

from affidavit.core.entry import Entry
from affidavit.errors import Unavailable
from affidavit.ledger.store import Batch, Rebuild
from affidavit.model.query import Head
from affidavit.storage.postgres import create, writer
from affidavit.storage.postgres.connecting import Connection, conninfo
from affidavit.storage.postgres.heads import Heads
from tests.contract.peers import Peer, history, peers
from tests.contract.recording import ORIGIN, draft
from tests.postgres import Cluster

Cut = Callable[[psycopg.Connection[Any]], None]


def before(connection: psycopg.Connection[Any]) -> None:
    """The COMMIT does not leave this machine."""


def under_way(connection: psycopg.Connection[Any]) -> None:
    """The COMMIT is sent, and nobody waits for its answer: the next try may come before it."""
    connection.pgconn.send_query(b"COMMIT")
    connection.pgconn.flush()


def after(connection: psycopg.Connection[Any]) -> None:
    """It is committed; the answer is lost."""
    psycopg.Connection.execute(connection, "COMMIT")


CUTS = {"before": before, "under way": under_way, "after": after}


class Fate:
    """What becomes of a store's commits: each takes the next cut from the list; with none left it succeeds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cuts: list[Cut] = []
        self.meanwhile: Callable[[], object] = lambda: None
        monkeypatch.setattr(writer, "connect", self._connect)

    def _connect(self, url: str) -> Connection:
        fate = self

        class Cutting(psycopg.Connection[Any]):
            def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
                if str(query).strip().endswith("COMMIT;") and fate.cuts:
                    fate.cuts.pop(0)(self)
                    self.pgconn.finish()
                    fate.meanwhile()
                    raise psycopg.OperationalError("the connection was cut")
                return super().execute(query, *arguments, **options)

        return Cutting.connect(conninfo(url), autocommit=True, prepare_threshold=None)


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> Iterator[str]:
    """A ledger for all tests of this file: each goes on with it."""
    made = cluster.create_database("doubt")
    create(made, ORIGIN)
    yield made
    cluster.drop_database("doubt")


@pytest.fixture
def both(url: str) -> Iterator[list[Peer]]:
    """Two servers. The fate of a test is of those connections only that are made after it."""
    with peers(url, 2) as opened:
        yield opened


@pytest.fixture
def fate(monkeypatch: pytest.MonkeyPatch, both: list[Peer]) -> Fate:
    """Of the first server's commits; the second's connection is there already."""
    both[1].record([draft("connects")])
    return Fate(monkeypatch)


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("chain", ["a new chain", "session"])
def test_a_commit_that_was_cut_is_there_once(both: list[Peer], fate: Fate, cut: Cut, chain: str) -> None:
    first, second = both
    size = second.store.size()
    fate.cuts = [cut, cut]
    told = first.record([draft(1, chain=f"{chain} {cut.__name__}"), draft(2, chain="other"), draft(3)])
    assert fate.cuts == []
    assert second.store.size() == size + 3
    assert [entry for entry in history(second) if entry in told] == told


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_while_another_goes_on_with_its_chains(both: list[Peer], fate: Fate, cut: Cut) -> None:
    """What was not committed is built anew behind the other's, with the ids that it had; what was, stays before it."""
    first, second = both
    others = []
    fate.cuts = [cut]
    fate.meanwhile = lambda: others.extend(second.record([draft("theirs")]))
    told = first.record([draft("ours"), draft("ours, too")])
    assert fate.cuts == []
    assert len(others) == 1
    entries = history(second)
    assert entries[-3:] in ([*others, *told], [*told, *others])
    if cut is not under_way:
        assert (entries[-1] in others) == (cut is after)
    assert first.record([draft("next")])[0].prev == entries[-1].hash


def test_a_batch_without_entries(both: list[Peer], fate: Fate) -> None:
    fate.cuts = [after]
    size = both[0].store.size()
    both[0].store.append(Batch([], []))
    assert both[0].store.size() == size


def test_where_the_database_does_not_come_back_it_is_told_what_is_not_known(
    both: list[Peer], fate: Fate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next commit finds out by itself: it builds on what is there."""
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.0)
    fate.cuts = [after]
    with pytest.raises(Unavailable, match=r"whether the events were recorded is not known.* same Idempotency-Key"):
        both[0].record([draft("doubtful")])
    fate.cuts = [before]
    with pytest.raises(Unavailable, match="is not known"):
        both[0].record([draft("never")])
    (told,) = both[0].record([draft("known")])
    payloads = [entry.payload for entry in history(both[1])]
    assert payloads[-2:] == [b'{"payload":"doubtful"}', told.payload]


def test_what_does_not_pass_says_nothing_of_what_is_in_doubt(
    both: list[Peer], fate: Fate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it has been looked up: then what was refused since was not recorded."""
    first, second = both
    ask, failing = Heads.ask, psycopg.errors.OutOfMemory("out of shared memory")

    def fails(*_: object) -> None:
        raise failing

    fate.cuts, fate.meanwhile = [after], lambda: monkeypatch.setattr(Heads, "ask", fails)
    with pytest.raises(Unavailable, match=r"\(out of shared memory\): whether the events were recorded is not known"):
        first.record([draft("doubtful")])
    monkeypatch.setattr(Heads, "ask", ask)
    fate.cuts, fate.meanwhile = [before], lambda: monkeypatch.setattr(writer, "copy_entries", fails)
    with pytest.raises(Unavailable, match=r"the ledger could not write: .*out of shared memory"):
        first.record([draft("never")])
    assert history(second)[-1].payload == b'{"payload":"doubtful"}'


def test_who_rests_in_the_midst_of_a_commit_gives_way(
    both: list[Peer], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database ends its transaction, so that others go on with its chains; then it is built anew behind theirs."""
    first, second = both
    monkeypatch.setattr(writer, "LIMITS", writer.LIMITS | {"idle": "300"})
    first.record([draft("ours")])
    second.record([draft("theirs")])
    others: list[Entry] = []
    append = first.store.append

    def resting(batch: Batch, rebuild: Rebuild) -> None:
        def rest(heads: Mapping[bytes, Head]) -> Batch:
            if not others:
                others.extend(second.record([draft("theirs, meanwhile")]))
            return rebuild(heads)

        append(batch, rest)

    monkeypatch.setattr(first.store, "append", resting)
    told = first.record([draft("ours, in the end"), draft("and this")])
    assert history(second)[-3:] == [*others, *told]


def test_who_rests_in_the_midst_of_its_copy_is_ended_by_who_waits(
    both: list[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No timeout of the database reaches it there. Awake again it begins anew, behind the others."""
    first, second = both
    monkeypatch.setattr(writer, "LIMITS", {"idle": "300", "lock": "600"})
    first.record([draft("ours")])
    second.record([draft("theirs")])
    others: list[Entry] = []
    copy = writer.copy_entries

    def resting(connection: Connection, entries: Sequence[Entry]) -> None:
        monkeypatch.setattr(writer, "copy_entries", copy)
        with connection.cursor() as cursor, cursor.copy("COPY affidavit.entries FROM STDIN"):
            others.extend(second.record([draft("theirs, meanwhile")]))

    monkeypatch.setattr(writer, "copy_entries", resting)
    told = first.record([draft("ours, in the end"), draft("and this")])
    assert len(others) == 1
    assert history(second)[-3:] == [*others, *told]
