"""What `find` must answer, said as plainly as possible: over the drafts as they were sent, in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.model.query import Label, Query


class Sent(msgspec.Struct, frozen=True):
    """What a client sent (the whole payload as Python values), and what became of it."""

    value: dict[str, Any]
    entry: Entry


def expected(sent: Sequence[Sent], workspace: int, query: Query, path: str) -> list[Entry]:
    """Every entry asked for, in order."""
    found = [item.entry for item in sent if item.entry.workspace == workspace and _is_asked_for(item, query, path)]
    found.sort(key=lambda entry: (entry.time, entry.position), reverse=not query.ascending)
    return found


def _is_asked_for(item: Sent, query: Query, path: str) -> bool:
    entry = item.entry
    if entry.dialect != query.dialect:
        return False
    if query.agent is not None and entry.agent != query.agent:
        return False
    if query.session is not None and entry.session != query.session:
        return False
    if query.types and entry.type not in query.types:
        return False
    if query.severities and entry.severity not in query.severities:
        return False
    if query.since is not None and entry.time < query.since:
        return False
    if query.until is not None and entry.time > query.until:
        return False
    if query.text and not has_text(item.value, path, query.text):
        return False
    return all(has_label(item.value, label) for label in query.labels)


def _at(value: Any, path: str) -> list[Any]:
    """The value at a path, in a list; none if there is none."""
    for name in path.split(".")[1:]:
        if not isinstance(value, dict) or name not in value:
            return []
        value = value[name]
    return [value]


def has_text(value: Any, path: str, text: str) -> bool:
    """Whether the searchable part's JSON has the text in it, as it is or as JSON writes it."""
    in_string = canonical.encode(text)[1:-1]
    for part in _at(value, path):
        json = _lowered(canonical.encode(part))
        if _lowered(in_string) in json or _lowered(text.encode("utf-8", "surrogatepass")) in json:
            return True
    return False


def _lowered(text: bytes) -> bytes:
    return bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in text)


def has_label(value: Any, label: Label) -> bool:
    """Whether the object at the path has the key with the value: texts as they are, all else as JSON."""
    for part in _at(value, label.path):
        if isinstance(part, dict) and label.key in part:
            member = part[label.key]
            return label.value == (member if isinstance(member, str) else canonical.encode(member).decode())
    return False
