"""Find, against an oracle: every filter and combination, before, partway and after indexing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, note, settings
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

texts = st.lists(st.sampled_from(PIECES) | st.sampled_from("aAbBkK"), max_size=6).map("".join)
names = st.sampled_from(["a", "A", "\\u0000"])
keys = st.sampled_from(["env", "Env", 'q"u.o[0]', "\ud83d"])
numbers = st.sampled_from([1, -1, 2**70, 0.5, 1e21])
scalars = st.one_of(texts, texts, numbers, st.booleans(), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=5,
)
labels = st.dictionaries(keys, st.sampled_from(["prod", "Prod", "1", 1, 2**70, 1e21, True, None, "\ud83d", [1], {}]))
times = st.sampled_from([-1, 0, 1, 2**62])
dialects = st.sampled_from(list(SEARCHABLE))
severities = st.sampled_from(["info", "error"])
types = st.sampled_from(["note", "Note", "\\u0000"])


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    """A payload whose parts may be missing."""
    value: dict[str, Any] = {}
    if draw(st.integers(0, 9)):
        value["payload"] = draw(values)
    if draw(st.integers(0, 3)):
        value["labels"] = draw(labels | values)
    return value


projections = st.builds(
    Projection, names, st.none() | names, st.none() | names, types, st.none() | severities, st.none() | times
)
events = st.lists(st.tuples(payloads(), projections), min_size=1, max_size=6)
requests = st.lists(st.tuples(st.sampled_from([0, 0, 0, 1]), dialects, events), min_size=1, max_size=4)


Filters = dict[str, st.SearchStrategy[Any]]


def _columns(item: Sent) -> Filters:
    return {
        "agent": names | st.just(item.entry.agent),
        "session": names | st.just(item.entry.session),
        "types": st.lists(types, min_size=1, max_size=2).map(tuple),
        "severities": st.lists(severities, min_size=1, max_size=2).map(tuple),
        "since": times | st.just(-(2**80)),
        "until": times | st.just(2**80),
    }


def _texts(item: Sent) -> Filters:
    return {"text": _parts(item) | _parts(item) | texts}


def _labelled(item: Sent) -> Filters:
    return {"labels": st.lists(_labels(item), min_size=1, max_size=2).map(tuple)}


def _draw_query(draw: Callable[[st.SearchStrategy[Any]], Any], item: Sent, always: Filters, most: int) -> Query:
    """A query, mostly for what is there: with all of `always`, and at most `most` of the columns."""
    columns = _columns(item)
    chosen = draw(st.lists(st.sampled_from(list(columns)), max_size=most, unique=True))
    page = {"limit": st.sampled_from([50, 50, 0, 1, 2]), "offset": st.sampled_from([0, 0, 0, 1, 3, 2**80])}
    filters = always | page | {name: columns[name] for name in chosen}
    return Query(
        draw(st.just(item.entry.dialect) | dialects),
        ascending=draw(st.booleans()),
        **{name: draw(strategy) for name, strategy in filters.items()},
    )


def _parts(item: Sent) -> st.SearchStrategy[str]:
    """Pieces of what is stored, as they are and in another case."""
    text = canonical.encode(item.value).decode()
    searchable = canonical.encode(item.value.get("payload")).decode()
    pieces = {
        part[at : at + size] for part in (text, searchable) for at in range(len(part)) for size in (1, 2, 3, 5, 9)
    }
    return st.sampled_from(sorted({cased for piece in pieces for cased in (piece, piece.upper(), piece.lower())}))


def _labels(item: Sent) -> st.SearchStrategy[Label]:
    anything = st.builds(Label, st.sampled_from(["$.labels", "$.payload", "$.none", "$"]), keys, texts)
    there = item.value.get("labels")
    if not isinstance(there, dict) or not there:
        return anything
    spelled = {
        key: value if isinstance(value, str) else canonical.encode(value).decode() for key, value in there.items()
    }
    return anything | st.sampled_from([Label("$.labels", *member) for member in spelled.items()])


@pytest.mark.parametrize(
    ("always", "most_columns"), [(lambda item: {}, 4), (_texts, 1), (_labelled, 1)], ids=["columns", "texts", "labels"]
)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), reported=requests)
def test_find_is_what_the_oracle_says(
    make_store: MakeStore,
    always: Callable[[Sent], Filters],
    most_columns: int,
    data: st.DataObject,
    reported: list[Any],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        store = make_store(Path(directory, "ledger"))
        try:
            recording = Recording(store)
            sent = _report(recording, data, reported)
            for _ in range(10):
                item = data.draw(st.sampled_from(sent))
                query = _draw_query(data.draw, item, always(item), most_columns)
                workspace = data.draw(st.just(item.entry.workspace) | st.integers(1, 2))
                _check(store, sent, workspace, query)
                store.index(data.draw(st.integers(0, 5)))
            assert list(store.audit()) == []
        finally:
            store.close()


def _report(recording: Recording, data: st.DataObject, reported: list[Any]) -> list[Sent]:
    """Record every request, and index some way after each."""
    workspaces = [recording.workspace, recording.store.add_workspace("second", b"another salt 16.")]
    sent: list[Sent] = []
    for which, dialect, events in reported:
        drafts = [Draft(canonical.encode(value), projection) for value, projection in events]
        entries = recording.record(drafts, workspace=workspaces[which], dialect=dialect)
        sent += [Sent(value, entry) for (value, _), entry in zip(events, entries, strict=True)]
        recording.store.index(data.draw(st.sampled_from([0, 0, 1, 2, 3, 7, 100])))
    return sent


def _check(store: AnyStore, sent: Sequence[Sent], workspace: int, query: Query) -> None:
    wanted = expected(sent, workspace, query, SEARCHABLE[query.dialect])
    page = store.find(workspace, query)
    note(f"{query}: {[entry.position for entry in page.entries]} of {page.total}")
    event(f"entries asked for: {min(len(wanted), 3)} or more" if wanted else "no entry asked for")
    assert page.total == len(wanted)
    assert page.entries == wanted[query.offset : query.offset + query.limit]
