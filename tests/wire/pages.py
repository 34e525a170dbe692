"""The vendors' pages, where they are at hand: their shell commands, HTTP requests and JSON, as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from affidavit.dialects.typenames import type_name

PAGES = Path(__file__).parents[3] / "shared" / "pages"
_REQUEST = re.compile(r"^(GET|POST) (/api/\S+)\n((?:[\w-]+: .*\n)*)", re.MULTILINE)
_COMMAND = re.compile(r"^curl (?=[-\"'])", re.MULTILINE)
_ELIDED = re.compile(r',\s*"\.\.\."(?=\s*\})')
"""Where a page leaves members out by a bare "..."; the rest of that example is JSON."""


class Told(NamedTuple):
    """An HTTP request that a page spells out. `body`: its JSON as it is written, empty for none."""

    method: str
    target: str
    headers: dict[str, str]
    body: str


def page(name: str) -> str:
    """A page's text. Skips the test where there are no pages."""
    path = PAGES / f"{name}.txt"
    if not path.exists():
        pytest.skip("the vendors' pages are not here")
    return path.read_text()


def commands(text: str) -> list[str]:
    """The curl commands of a page."""
    return [text[begin:end] for begin, end in _command_spans(text)]


def values(text: str) -> list[Any]:
    """The JSON objects and arrays that begin on lines of their own, outside the commands."""
    text = _ELIDED.sub("", text)
    found, decoder, done = [], json.JSONDecoder(), 0
    spans = _command_spans(text)
    for start in re.finditer(r"^[\[{]", text, re.MULTILINE):
        inside = any(begin <= start.start() < end for begin, end in spans)
        if start.start() < done or inside:
            continue
        try:
            value, done = decoder.raw_decode(text, start.start())
        except json.JSONDecodeError:
            continue  # a listing in another language
        found.append(value)
    return found


def requests(text: str) -> list[Told]:
    """The requests that a page spells out header by header."""
    found = []
    for match in _REQUEST.finditer(text):
        rest, body = text[match.end() :].lstrip("\n"), ""
        if match[1] == "POST":
            body = rest[: json.JSONDecoder().raw_decode(rest)[1]]
        found.append(Told(match[1], match[2], dict(line.split(": ", 1) for line in match[3].splitlines()), body))
    return found


def _command_spans(text: str) -> list[tuple[int, int]]:
    """Where each command begins and ends: at a line's end outside quotes, or where a heading is glued to a quote."""
    return [(start.start(), _end(text, start.start())) for start in _COMMAND.finditer(text)]


def _end(text: str, place: int) -> int:
    quote = ""
    while place < len(text):
        char = text[place]
        if quote:
            if char == quote:
                quote = ""
                if text[place + 1 : place + 2].isalpha():
                    return place + 1
        elif char in "'\"":
            quote = char
        elif char == "\\":
            place += 1
        elif char == "\n":
            return place
        place += 1
    return place


def missing(example: Any, answer: Any, at: str = "") -> list[str]:
    """What of an example's members the answer lacks, or has in another type. Of an array every item is looked at."""
    if example is None and isinstance(answer, str):
        return []  # an example's null: the first of a chain; a later one has its text there
    if type_name(example) != type_name(answer):
        return [f"{at or 'the answer'} is {type_name(answer)}, not {type_name(example)}"]
    if isinstance(example, list):
        pairs = [(example[min(place, len(example) - 1)], item) for place, item in enumerate(answer) if example]
        return [fault for place, pair in enumerate(pairs) for fault in missing(*pair, f"{at}[{place}]")]
    if not isinstance(example, dict):
        return []
    faults = []
    for name in example.keys() - {"..."}:
        faults += missing(example[name], answer[name], f"{at}.{name}") if name in answer else [f"{at}.{name}"]
    return faults
