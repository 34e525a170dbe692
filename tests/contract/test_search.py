"""What a text and a label find, by examples: each looked for before, partway and after indexing."""

from __future__ import annotations

from typing import Any

import pytest

from affidavit.model.query import Label, Query
from tests.contract.recording import AnyStore, Recording, draft, index_fully

FILLER = [draft(f"filler {number}") for number in range(4)]


def _finds(recording: Recording, value: Any, **asked: Any) -> bool:
    """Whether the entry is found, the same however far the index is; every other entry must not be."""
    store = recording.store
    recording.record(FILLER)
    (sought,) = recording.record([draft(value)])
    recording.record(FILLER)
    answers = []
    for step in (0, 4, 1, 8, 4, 1, 4):  # pages of the first ones, of it, of all; texts of the first ones, of it, of all
        store.index(step)
        page = store.find(recording.workspace.id, Query("agentlens", **asked))
        assert page.total == len(page.entries)
        answers.append(page.entries)
    assert index_fully(store) == 0
    assert answers in ([[sought]] * 7, [[]] * 7)
    return answers[0] == [sought]


FOUND = {
    "a substring": ("deployed", "ploy"),
    "in the middle of more": ({"a": [1, {"b": "was deployed at"}]}, "deployed"),
    "lower case for upper": ("DEPLOYED", "deployed"),
    "upper case for lower": ("deployed", "DEPLOYED"),
    "two characters": ("zq", "zq"),
    "one character": ("z", "Z"),
    "a percent sign": ("100% sure", "100% s"),
    "an underscore": ("tool_call", "l_c"),
    "a backslash": ("C:\\temp", "C:\\temp"),
    "a quoted word": ('say "hi" now', 'say "hi" now'),
    "one quote": ('say "hi"', '"h'),
    "a quote alone": ('"', '\\"'),
    "an apostrophe": ("it's", "t's"),
    "a line break": ("line\nbreak", "e\nb"),
    "a control character": ("a\0b\x1fc", "a\0b\x1fc"),
    "an escape as JSON writes it": ("line\nbreak", "e\\nb"),
    "JSON itself": ({"tool": "shell", "ok": True}, '"ok":true,"tool":"SHELL"'),
    "a number": ({"n": 12345678901234567890}, "234567890}"),
    "a large float": ({"n": 1e21}, "1e+21"),
    "letters beyond ASCII": ("naïve Größe 日本語", "ve GRößE 日本"),
    "one letter beyond ASCII": ("日本語", "本"),
    "an emoji": ("ok 😀!", "😀!"),
    "half an emoji": ("cut \ud83d", "t \ud83d"),
    "half an emoji as its escape": ("cut \ud83d", "T \\uD83D"),
    "operators of FTS5": ("a AND b OR NOT c NEAR", "AND b OR NOT c near"),
    "punctuation of FTS5": ("-*^():{}+", "-*^():{}+"),
    "more trigrams than are looked up": ("0123456789abcdef" * 40, "0123456789abcdef" * 40),
    "letters in the order asked for": ("abcbcdcde", "abcbcdcde"),
}

NOT_FOUND = {
    "in another part of the payload": ("value", '"payload"'),
    "across the part's end": ("value", 'value"}'),
    "percent is not any text": ("100 sure", "1%e"),
    "underscore is not any letter": ("toolXcall", "l_c"),
    "a backslash does not escape": ("a%b", "a\\%b"),
    "letters beyond ASCII keep their case": ("größe", "GRÖSSE"),
    "É is not é": ("É", "é"),
    "a Kelvin sign is no k": ("300 \u212a", "300 k"),
    "all trigrams, but not together": ("abcd bcde", "abcde"),
    "all of its first trigrams": ("0123456789abcdef" * 40, "0123456789abcdef" * 40 + "g"),
    "nothing like it": ("value", "another"),
    "text after a NUL": ("ab", "ab\0cd"),
}


@pytest.mark.parametrize(("value", "text"), FOUND.values(), ids=FOUND)
def test_a_text_is_found(recording: Recording, value: Any, text: str) -> None:
    assert _finds(recording, value, text=text)
    assert _finds(recording, "not it", text=text, session="none") is False


@pytest.mark.parametrize(("value", "text"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_a_text_is_not_found(recording: Recording, value: Any, text: str) -> None:
    assert not _finds(recording, value, text=text)


def test_an_empty_text_asks_for_nothing(recording: Recording) -> None:
    recording.record(FILLER)
    assert recording.store.find(recording.workspace.id, Query("agentlens", text="")).total == len(FILLER)


def test_a_dialect_without_a_searchable_part_finds_nothing(recording: Recording) -> None:
    recording.record(FILLER, dialect="unknown")
    index_fully(recording.store)
    assert recording.store.find(recording.workspace.id, Query("unknown", text="filler")).total == 0
    assert recording.store.find(recording.workspace.id, Query("unknown")).total == len(FILLER)


LABELS = "$.payload.labels"
LABELLED = {
    "a text": ({"env": "prod"}, "env", "prod", True),
    "another text": ({"env": "prod"}, "env", "Prod", False),
    "another key": ({"env": "prod"}, "Env", "prod", False),
    "the value of another key": ({"env": "dev", "was": "prod"}, "env", "prod", False),
    "an integer": ({"n": 1}, "n", "1", True),
    "an integer with a fraction": ({"n": 1}, "n", "1.0", False),
    "a text of digits": ({"n": "1"}, "n", "1", True),
    "a number beyond 64 bits": ({"n": 2**70}, "n", str(2**70), True),
    "a float": ({"n": 1e21}, "n", "1e+21", True),
    "a boolean": ({"on": True}, "on", "true", True),
    "a text that reads like one": ({"on": "true"}, "on", "true", True),
    "null": ({"on": None}, "on", "null", True),
    "an object": ({"o": {"b": 1, "a": [2]}}, "o", '{"a":[2],"b":1}', True),
    "an empty key": ({"": "x"}, "", "x", True),
    "a key with quotes and dots": ({'a"b.c[0]': "x"}, 'a"b.c[0]', "x", True),
    "such a key with a number": ({'a"b.c[0]\\': 5}, 'a"b.c[0]\\', "5", True),
    "a NUL": ({"a\0b": "c\0d"}, "a\0b", "c\0d", True),
    "up to a NUL": ({"a": "c\0d"}, "a", "c", False),
    "half an emoji": ({"\ud83d": "\ude00"}, "\ud83d", "\ude00", True),
    "an emoji": ({"😀": "😀"}, "😀", "😀", True),
    "a deeper key": ({"o": {"env": "prod"}}, "env", "prod", False),
    "an array": (["prod"], "0", "prod", False),
    "a text for labels": ("prod", "", "prod", False),
    "null for labels": (None, "", "null", False),
}


@pytest.mark.parametrize(("labels", "key", "value", "found"), LABELLED.values(), ids=LABELLED)
def test_a_label(recording: Recording, labels: Any, key: str, value: str, found: bool) -> None:
    assert _finds(recording, {"labels": labels}, labels=(Label(LABELS, key, value),)) is found


def test_all_labels_must_match(recording: Recording) -> None:
    env, team, other = (Label(LABELS, *pair) for pair in (("env", "prod"), ("team", "a"), ("team", "b")))
    assert _finds(recording, {"labels": {"env": "prod", "team": "a"}}, labels=(env, team))
    assert not _finds(recording, {"labels": {"env": "prod", "team": "a"}}, labels=(env, team, other))


def test_no_labels_at_the_path(recording: Recording) -> None:
    assert not _finds(recording, {"other": 1}, labels=(Label(LABELS, "env", "prod"),))


def test_time_then_position(store: AnyStore, recording: Recording) -> None:
    times = [5, 3, None, 5, 4, 3]
    entries = recording.record([draft(number, time=time) for number, time in enumerate(times)], at=4)
    order = [entries[position] for position in (1, 5, 2, 4, 0, 3)]
    for step in (0, 2, 100, 100):
        store.index(step)
        page = store.find(recording.workspace.id, Query("agentlens", ascending=True))
        assert page.entries == order
        assert store.find(recording.workspace.id, Query("agentlens")).entries == order[::-1]
        middle = store.find(recording.workspace.id, Query("agentlens", limit=2, offset=3))
        assert (middle.entries, middle.total) == (order[::-1][3:5], 6)
        both = store.find(recording.workspace.id, Query("agentlens", since=4, until=4))
        assert both.entries == [entries[4], entries[2]]
