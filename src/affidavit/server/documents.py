"""What is served without a key: the dialects' OpenAPI documents, as they are and as one page for people; and the page
that verifies a bundle.

They say what the program can do and nothing of what it has recorded. Read once, when the server starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

import orjson

from affidavit.dialects.contract import Answer
from affidavit.server import reference, verifying

FILE = "openapi.json"
"""The document in a dialect's folder."""
PAGE = "/docs"
VERIFY = "/verify"


def read_documents(packages: Mapping[str, str]) -> dict[str, bytes]:
    """`packages`: dialect -> its package. The documents of those that have one."""
    found = {}
    for name, package in packages.items():
        file = resources.files(package) / FILE
        if file.is_file():
            found[name] = file.read_bytes()
    return found


class Documents:
    """Answers for the paths that are not the ledger's."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        """`documents`: dialect -> its OpenAPI document. Raises ValueError for what is no JSON."""
        listed = {path_of(name): document for name, document in documents.items()}
        parsed = {path_of(name): orjson.loads(document) for name, document in documents.items()}
        self._answers = {path: Answer(200, document) for path, document in listed.items()}
        self._answers[PAGE] = _html(reference.page(parsed), reference.POLICY)
        self._answers[VERIFY] = _html(verifying.PAGE, verifying.POLICY)

    def answer(self, method: str, path: str) -> Answer | None:
        """None for a path that is no document's."""
        found = self._answers.get(path)
        if found is None or method in ("GET", "HEAD"):
            return found
        return Answer(405, orjson.dumps({"error": f"{path} takes GET and HEAD"}), (("Allow", "GET, HEAD"),))


_HEADERS = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-cache"))


def _html(page: str, policy: str) -> Answer:
    """A page. `policy`: its Content-Security-Policy."""
    html = (("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy), *_HEADERS)
    return Answer(200, page.encode(), html)


def path_of(name: str) -> str:
    """Where a dialect's document is served."""
    return f"/{name}/{FILE}"
