"""Which entries a query asks for, decided one entry at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.errors import InvalidJson
from affidavit.model.query import Label, Query

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def matcher(workspace: int, query: Query, path: str | None) -> Callable[[Entry], bool]:
    """`path`: the JSON path of the searchable part of the dialect's payloads; None where nothing is searchable."""
    types, severities = set(query.types), set(query.severities)

    def matches(entry: Entry) -> bool:
        return (
            entry.workspace == workspace
            and entry.dialect == query.dialect
            and (query.agent is None or entry.agent == query.agent)
            and (query.session is None or entry.session == query.session)
            and (not types or entry.type in types)
            and (not severities or entry.severity in severities)
            and (query.since is None or entry.time >= query.since)
            and (query.until is None or entry.time <= query.until)
            and (not query.text or has_text(entry.payload, path, query.text))
            and all(has_label(entry.payload, label) for label in query.labels)
        )

    return matches


def has_text(payload: bytes, path: str | None, text: str) -> bool:
    """Whether the part at `path`, as JSON, has the text in it: as JSON writes it in a string, or as it is."""
    part = None if path is None else _part(payload, path)
    if part is None:
        return False
    searchable = part.lower()
    escaped, raw = canonical.encode(text)[1:-1], text.encode("utf-8", "surrogatepass")
    return escaped.lower() in searchable or raw.lower() in searchable


def has_label(payload: bytes, label: Label) -> bool:
    """Whether the object at the label's path has its key with its value: texts as they are, all else as JSON."""
    part = _part(payload, label.path)
    parsed = None if part is None else canonical.parse(part)
    if not isinstance(parsed, dict) or label.key not in parsed:
        return False
    value = parsed[label.key]
    text = value if isinstance(value, str) else canonical.encode(value).decode()
    return text == label.value


def _part(payload: bytes, path: str) -> bytes | None:
    """The JSON at a path like `$` or `$.a.b`; None where there is none.

    Payloads are canonical: so is every part of one, as it stands there.
    """
    part = payload
    try:
        for name in path.split(".")[1:]:
            members = _members.decode(part)
            if name not in members:
                return None
            part = bytes(members[name])
        return part
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
    ):  # not an object; or a name holds a lone surrogate; or it is no JSON
        return _exact_part(payload, path)


def _exact_part(payload: bytes, path: str) -> bytes | None:
    """The same, of any payload."""
    try:
        value: Any = canonical.parse(payload)
    except InvalidJson:
        return None
    for name in path.split(".")[1:]:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return canonical.encode(value)
