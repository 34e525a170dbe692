"""OpenAPI documents -> one HTML page for people. Everything in it is escaped, nothing is loaded from elsewhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from importlib import resources
from typing import Any

from affidavit.server.schemas import described, resolved

_STYLE, _SCRIPT = (
    resources.files("affidavit.server").joinpath(name).read_text() for name in ("reference.css", "reference.js")
)
_METHODS = ("get", "post", "put", "patch", "delete")


def csp_hash(text: str) -> str:
    """What a Content-Security-Policy calls an inline style or script."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {csp_hash(_STYLE)}; script-src {csp_hash(_SCRIPT)}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page's Content-Security-Policy: its own style and script, and nothing else at all."""


def page(documents: Mapping[str, Any]) -> str:
    """The page. `documents`: path where it is served -> the parsed document."""
    sections = [_section(path, document) for path, document in documents.items()]
    links = [f'<a href="#{escape(_anchor(path))}">{_title(document)}</a>' for path, document in documents.items()]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Affidavit: APIs</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><header><h1>Affidavit: APIs</h1><nav>{''.join(links)}</nav>"
        '<input id="search" type="search" placeholder="Search routes, parameters and schemas" aria-label="Search">'
        f'<span id="count" class="quiet" role="status"></span></header><main>{"".join(sections)}</main>'
        f"<script>{_SCRIPT}</script></body></html>"
    )


def _section(path: str, document: Any) -> str:
    info = document["info"]
    operations = "".join(_operations(document))
    schemas = "".join(
        f"<details data-part><summary><code>{escape(name)}</code></summary>{described(schema)}</details>"
        for name, schema in document.get("components", {}).get("schemas", {}).items()
    )
    return (
        f'<section id="{escape(_anchor(path))}"><h2>{_title(document)}</h2>{_text(info.get("description"))}'
        f'<p><a href="{escape(path)}">{escape(path)}</a></p>{_keys(document)}{operations}'
        f"<h3>Schemas</h3>{schemas}</section>"
    )


def _anchor(path: str) -> str:
    return path.strip("/").partition("/")[0]


def _title(document: Any) -> str:
    return escape(document["info"]["title"])


def _text(text: str | None) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _keys(document: Any) -> str:
    schemes = document.get("components", {}).get("securitySchemes", {}).values()
    return "".join(_text(f"Key: {scheme['description']}") for scheme in schemes if "description" in scheme)


def _operations(document: Any) -> Iterator[str]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield (
                    f'<details data-part><summary><span class="method">{method.upper()}</span><code>{escape(path)}'
                    f"</code> {escape(item[method].get('summary', ''))}</summary>{_operation(item[method], document)}"
                    "</details>"
                )


def _operation(operation: Any, document: Any) -> str:
    parameters = [resolved(parameter, document) for parameter in operation.get("parameters", ())]
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code>{' *' if each.get('required') else ''}</td>"
        f"<td>{escape(each['in'])}</td><td>{described(each['schema'])}</td>"
        f"<td>{escape(each.get('description', ''))}</td></tr>"
        for each in parameters
    )
    table = f"<h3>Parameters</h3><table>{rows}</table>" if rows else ""
    body = resolved(operation["requestBody"], document) if "requestBody" in operation else None
    answers = "".join(
        f"<details><summary>{escape(status)} {escape(_first_line(answer))}</summary>{_content(answer)}</details>"
        for status, each in operation["responses"].items()
        for answer in (resolved(each, document),)
    )
    asked = f"<h3>Body</h3>{_text(body.get('description'))}{_content(body)}" if body else ""
    return f"{_text(operation.get('description'))}{_scopes(operation)}{table}{asked}<h3>Answers</h3>{answers}"


def _scopes(operation: Any) -> str:
    ways = [", ".join(scopes) or "any" for way in operation.get("security", ()) for scopes in way.values()]
    if not ways:
        return _text("No key is asked for.")
    public = {} in operation["security"]
    return _text(f"Scope: {' or '.join(ways)}{', or no key' if public else ''}.")


def _first_line(answer: Any) -> str:
    return str(answer.get("description", ""))


def _content(holder: Any) -> str:
    return "".join(
        f'<p class="quiet">{escape(media)}</p>{described(content.get("schema", {}))}{_examples(content)}'
        for media, content in holder.get("content", {}).items()
    )


def _examples(content: Any) -> str:
    found = [content["example"]] if "example" in content else []
    found += [each["value"] for each in content.get("examples", {}).values()]
    return "".join(f"<pre>{escape(_shown(example))}</pre>" for example in found)


def _shown(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
