"""Find, against an oracle: every filter and combination, before, partway and after indexing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.model.draft import Draft, Projection
from affidavit.model.query import Label, Query
from tests.contract.conftest import MakeStore
from tests.contract.oracle import Sent, expected
from tests.contract.recording import SEARCHABLE, AnyStore, Recording

PIECES = (
    *"aAbBkK%_\\\"'{}[]:,. -*^()\0\n\x7f",
    *("é", "É", "ß", "K", "ſ", "İ", "日本", "😀", "\ud83d", "\ue000", "AND", "null", "ab", "prompt", "0", "1"),
)
"""Parts of texts: whatever SQL, LIKE, FTS5, JSON or a fold of case could take for something else."""

texts = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
names = st.sampled_from(["a", "A", "a b", "", "\0", "é", '"', "null", "1"])
numbers = st.sampled_from([0, 1, -1, 2**53 + 1, 2**70, 0.5, 1e21, -5e-324])
scalars = st.one_of(texts, numbers, st.booleans(), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names | texts, inner, max_size=3)),
    max_leaves=6,
)
labels = st.one_of(st.dictionaries(names | texts, scalars | values, max_size=3), values)
times = st.sampled_from([-(2**62), -1, 0, 1, 2, 3, 2**62])
severities = st.sampled_from(["info", "error"])
types = st.sampled_from(["note", "tool", "Note", "\0"])


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    """A payload whose parts may be missing."""
    value: dict[str, Any] = {}
    if draw(st.integers(0, 9)):
        value["payload"] = draw(values)
    if draw(st.booleans()):
        value["labels"] = draw(labels)
    return value


projections = st.builds(
    Projection, names, st.none() | names, st.none() | names, types, st.none() | severities, st.none() | times
)
requests = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(list(SEARCHABLE)),
        st.lists(st.tuples(payloads(), projections), min_size=1, max_size=4),
    ),
    max_size=5,
)


@st.composite
def queries(draw: st.DrawFn, sent: Sequence[Sent]) -> Query:
    """A query; its texts and labels are often those of an entry."""
    sources: list[Any] = [item.value for item in sent]
    return Query(
        dialect=draw(st.sampled_from(list(SEARCHABLE))),
        agent=draw(st.none() | names),
        session=draw(st.none() | st.none() | names),
        types=tuple(draw(st.lists(types, max_size=2))),
        severities=tuple(draw(st.lists(severities, max_size=2))),
        since=draw(st.none() | times | st.just(-(2**80))),
        until=draw(st.none() | times | st.just(2**80)),
        text=draw(st.none() | texts | _parts(sources)),
        labels=tuple(draw(st.lists(_labels(sources), max_size=2))) if draw(st.booleans()) else (),
        ascending=draw(st.booleans()),
        limit=draw(st.sampled_from([50, 0, 1, 2])),
        offset=draw(st.sampled_from([0, 0, 1, 3, 2**80])),
    )


def _parts(sources: Sequence[Any]) -> st.SearchStrategy[str]:
    """Pieces of what is stored, in another case."""
    if not sources:
        return texts
    return st.tuples(st.sampled_from(sources), st.integers(0, 60), st.integers(1, 12), st.booleans()).map(_part)


def _part(drawn: tuple[Any, int, int, bool]) -> str:
    source, start, length, upper = drawn
    text = canonical.encode(source).decode()[start : start + length]
    return text.upper() if upper else text


def _labels(sources: Sequence[Any]) -> st.SearchStrategy[Label]:
    anything = st.builds(Label, st.sampled_from(["$.labels", "$.payload", "$.none", "$"]), names | texts, texts)
    real = [
        Label("$.labels", key, value if isinstance(value, str) else canonical.encode(value).decode())
        for source in sources
        if isinstance(source.get("labels"), dict)
        for key, value in source["labels"].items()
    ]
    return anything | st.sampled_from(real) if real else anything


@settings(max_examples=150, deadline=None)
@given(data=st.data(), reported=requests)
def test_find_is_what_the_oracle_says(make_store: MakeStore, data: st.DataObject, reported: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        store = make_store(Path(directory, "ledger"))
        try:
            _check(store, data, reported)
        finally:
            store.close()


def _check(store: AnyStore, data: st.DataObject, reported: list[Any]) -> None:
    recording = Recording(store)
    workspaces = [recording.workspace, store.add_workspace("second", b"another salt 16.")]
    sent: list[Sent] = []
    for which, dialect, events in reported:
        drafts = [Draft(canonical.encode(value), projection) for value, projection in events]
        entries = recording.record(drafts, workspace=workspaces[which], dialect=dialect)
        sent += [Sent(value, entry) for (value, _), entry in zip(events, entries, strict=True)]
        store.index(data.draw(st.sampled_from([0, 0, 1, 2, 3, 7, 100])))
    for _ in range(4):
        query = data.draw(queries(sent))
        workspace = data.draw(st.sampled_from(workspaces)).id
        wanted = expected(sent, workspace, query, SEARCHABLE[query.dialect])
        page = store.find(workspace, query)
        note(f"{query}: {[entry.position for entry in page.entries]} of {page.total}")
        assert page.total == len(wanted)
        assert page.entries == wanted[query.offset : query.offset + query.limit]
        store.index(data.draw(st.integers(0, 5)))
    assert list(store.audit()) == []
