"""JSON Schemas -> HTML that says what a value must be. Everything is escaped; what is not known is shown as JSON."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_KNOWN = {"type", "properties", "required", "items", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "description"}
_PATH = "#/components/"


def resolved(value: Any, document: Any) -> Any:
    """What a reference into the document's components leads to; any other value as it is."""
    reference = value.get("$ref", "")
    if not reference.startswith(_PATH):
        return value
    kind, _, name = reference.removeprefix(_PATH).partition("/")
    return document["components"][kind][name]


def described(schema: Any) -> str:
    """A schema as HTML. A reference is named, not followed: the page has every schema once."""
    if isinstance(schema, bool):
        return "anything" if schema else "nothing"
    said = [_kind(schema)]
    if limits := {name: value for name, value in schema.items() if name not in _KNOWN}:
        said.append(f'<code class="quiet">{escape(json.dumps(limits, ensure_ascii=False))}</code>')
    if "description" in schema:
        said.append(escape(schema["description"]))
    return " ".join(said) + _inside(schema)


def _kind(schema: Any) -> str:
    """What it is, in a word or two."""
    if "$ref" in schema:
        return f"<code>{escape(schema['$ref'].rpartition('/')[2])}</code>"
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if "enum" in schema:
        return " | ".join(f"<code>{escape(json.dumps(value))}</code>" for value in schema["enum"])
    kinds = schema.get("type", "")
    return escape(" or ".join(kinds) if isinstance(kinds, list) else kinds)


def _inside(schema: Any) -> str:
    """Its members, its items, its alternatives."""
    listed = [
        f"<li><code>{escape(name)}</code>{' *' if name in schema.get('required', ()) else ''} {described(member)}</li>"
        for name, member in schema.get("properties", {}).items()
    ]
    if "items" in schema:
        listed.append(f"<li>each: {described(schema['items'])}</li>")
    for word, title in (("anyOf", "or"), ("oneOf", "either"), ("allOf", "and")):
        listed += [f"<li>{title}: {described(choice)}</li>" for choice in schema.get(word, ())]
    return f"<ul>{''.join(listed)}</ul>" if listed else ""
