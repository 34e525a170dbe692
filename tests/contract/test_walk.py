"""Walks in pages, and groups, against what is there: in every store, whatever is indexed, while entries arrive."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.ledger.reader import Reader, VerifiedChains
from affidavit.model.query import Group, GroupKind, Query
from tests.contract.recording import ORIGIN, Recording, draft, index_fully

QUERIES = (
    Query("agentlens"),
    Query("agentlens", agent="a1"),
    Query("agentlens", session="s2", types=("note",)),
    Query("agentlens", text="odd"),
    Query("agentlens", agent="a1", session="s1"),
    Query("agentlens", since=3, until=7),
)


def fill(recording: Recording, count: int, seed: int = 1) -> list[Entry]:
    """Entries of few agents, sessions and times, so that many are alike."""
    chance = random.Random(seed)
    return [
        recording.record(
            [
                draft(
                    {"text": "odd" if chance.random() < 0.5 else "even"},
                    agent=chance.choice(["a1", "a2", None]),
                    session=chance.choice(["s1", "s2", "s3", None]),
                    kind=chance.choice(["note", "tool"]),
                    time=chance.choice([None, *range(10)]),
                )
            ]
        )[0]
        for _ in range(count)
    ]


def matches(entry: Entry, query: Query) -> bool:
    """The queries above, in Python."""
    return (
        query.agent in (None, entry.agent)
        and query.session in (None, entry.session)
        and (not query.types or entry.type in query.types)
        and (query.text is None or query.text.encode() in entry.payload)
        and (query.since is None or query.since <= entry.time <= (query.until or 0))
    )


@pytest.mark.parametrize("ascending", [False, True], ids=["newest first", "oldest first"])
@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("indexed", [0, 37, 1000])
def test_a_walk_in_pages_gives_every_entry_once_in_order(
    recording: Recording, query: Query, ascending: bool, indexed: int
) -> None:
    entries = fill(recording, 60)
    recording.store.index(indexed)
    wanted = sorted(
        [entry for entry in entries if matches(entry, query)],
        key=lambda entry: (entry.time, entry.position),
        reverse=not ascending,
    )
    step, walked = replace(query, ascending=ascending, limit=7, counted=False), []
    while page := recording.store.find(recording.workspace.id, step).entries:
        walked += page
        step = replace(step, after=(page[-1].time, page[-1].position))
    assert walked == wanted


def test_a_page_behind_another_still_tells_the_total(recording: Recording) -> None:
    entries = fill(recording, 30)
    page = recording.store.find(recording.workspace.id, Query("agentlens", after=(5, entries[0].position), limit=3))
    assert page.total == 30
    assert all((entry.time, entry.position) < (5, entries[0].position) for entry in page.entries)


def test_what_is_not_counted_is_zero(recording: Recording) -> None:
    fill(recording, 5)
    for query in (Query("agentlens", counted=False), Query("agentlens", text="e", counted=False)):
        assert recording.store.find(recording.workspace.id, query).total == 0


def test_a_scan_misses_and_doubles_nothing_while_entries_arrive(recording: Recording) -> None:
    before = fill(recording, 1200)
    index_fully(recording.store)
    reader = Reader(recording.store, recording.workspace, VerifiedChains(ORIGIN))
    walked: list[Entry] = []
    for entry in reader.scan(Query("agentlens", ascending=True)):
        walked.append(entry)
        if len(walked) in (1, 700):
            fill(recording, 5, seed=len(walked))
            recording.store.index(3)
    positions = [entry.position for entry in walked]
    assert len(set(positions)) == len(positions)
    assert {entry.position for entry in before} <= set(positions)


@pytest.mark.parametrize("kind", ["agent", "session"])
@pytest.mark.parametrize("indexed", [0, 37, 1000])
@pytest.mark.parametrize("span", [(None, None), (3, 7), (100, 200)])
def test_groups_are_what_is_there(
    recording: Recording, kind: GroupKind, indexed: int, span: tuple[int | None, int | None]
) -> None:
    entries = fill(recording, 60)
    other = recording.store.add_workspace("other", b"another salt 16.")
    recording.record([draft(agent="a1", session="s1", time=5)], workspace=other)
    recording.record([draft(agent="a1", session="s1", time=5)], dialect="provenlog")
    recording.store.index(indexed)
    since, until = span
    times: dict[str, list[int]] = defaultdict(list)
    for entry in entries:
        name = entry.agent if kind == "agent" else entry.session
        if name is not None and (since is None or since <= entry.time <= (until or 0)):
            times[name].append(entry.time)
    found = recording.store.groups(recording.workspace.id, "agentlens", kind, since, until)
    assert found == [Group(name, len(seen), min(seen), max(seen)) for name, seen in sorted(times.items())]
