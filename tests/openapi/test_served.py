"""The documents over HTTP, and the page for people: no key, nothing from elsewhere, nothing unescaped."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from html.parser import HTMLParser

import httpx
import pytest

from affidavit.server.documents import Documents
from tests.openapi.documents import DOCUMENTS, OPERATIONS
from tests.running import Running

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_served_as_it_is(server: Running, name: str) -> None:
    answer = httpx.get(f"{server.base_url}/{name}/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == DOCUMENTS[name]


def test_the_page(server: Running) -> None:
    answer = httpx.get(f"{server.base_url}/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for name in DOCUMENTS:
        assert f'href="/{name}/openapi.json"' in answer.text
    for operation in OPERATIONS:
        assert f"<code>{operation.path}</code>" in answer.text
    assert not re.search(r"(?:src|href)=\"(?!/|#)", answer.text)
    assert "url(" not in answer.text


@pytest.mark.parametrize("path", ["/docs", "/affidavit/openapi.json"])
def test_other_methods(server: Running, path: str) -> None:
    head, get = (httpx.request(method, server.base_url + path) for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    answer = httpx.post(server.base_url + path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_paths_beside_the_documents_are_the_dialects_own(server: Running) -> None:
    assert httpx.get(f"{server.base_url}/docs/x").status_code == 404
    answer = httpx.get(f"{server.base_url}/provenlog/openapi.yaml")
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


class _Read(HTMLParser):
    """Every tag and attribute name of a page, and the text of its style and its script."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.inline: dict[str, str] = {}
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins."""
        self.names |= {tag, *(name for name, _ in attrs)}
        self.inside = tag

    def handle_data(self, data: str) -> None:
        """What stands in it."""
        if self.inside in ("style", "script"):
            self.inline[self.inside] = self.inline.get(self.inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        """It ends."""
        self.inside = ""


def _page(document: bytes) -> tuple[str, dict[str, str]]:
    answer = Documents({"evil": document}).answer("GET", "/docs")
    assert answer is not None
    return answer.body.decode(), dict(answer.headers)


def _evil() -> bytes:
    """A document whose every text is an attack."""
    schema = {"type": EVIL, "description": EVIL, "enum": [EVIL], "properties": {EVIL: {"const": EVIL}}, EVIL: EVIL}
    content = {EVIL: {"schema": schema, "example": EVIL, "examples": {EVIL: {"value": {EVIL: EVIL}}}}}
    operation = {
        "summary": EVIL,
        "description": EVIL,
        "security": [{EVIL: [EVIL]}],
        "parameters": [{"name": EVIL, "in": EVIL, "description": EVIL, "schema": schema}],
        "requestBody": {"description": EVIL, "content": content},
        "responses": {EVIL: {"description": EVIL, "content": content}},
    }
    document = {
        "info": {"title": EVIL, "description": EVIL},
        "paths": {EVIL: {"get": operation}},
        "components": {"schemas": {EVIL: schema}, "securitySchemes": {EVIL: {"description": EVIL}}},
    }
    return json.dumps(document).encode()


def test_nothing_in_a_document_becomes_part_of_the_page() -> None:
    page, _ = _page(_evil())
    read = _Read()
    read.feed(page)
    assert EVIL not in page
    assert page.count("<script") == 1
    assert not read.names & {"img", "onerror", "src", "onclick", "iframe", "link"}


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else() -> None:
    page, headers = _page(b'{"info":{"title":"t"},"paths":{}}')
    read = _Read()
    read.feed(page)
    policy = headers["Content-Security-Policy"]
    for kind in ("style", "script"):
        digest = base64.b64encode(sha256(read.inline[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
