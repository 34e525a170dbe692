"""The dialects' documents, as the server reads them, and their operations as the dialects declare them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from affidavit import dialects
from affidavit.dialects.contract import Dialect, Ingest, Read
from affidavit.server.documents import read_documents

DIALECTS = dialects.load()
DOCUMENTS: dict[str, Any] = {
    name: json.loads(document) for name, document in read_documents(dialects.packages()).items()
}
METHODS = ("get", "post", "put", "patch", "delete")


class Operation(NamedTuple):
    """One operation of a document."""

    dialect: str
    method: str
    path: str

    @property
    def described(self) -> Any:
        """What the document says of it."""
        return DOCUMENTS[self.dialect]["paths"][self.path][self.method]

    def __str__(self) -> str:
        return f"{self.dialect} {self.method.upper()} {self.path}"


OPERATIONS = [
    Operation(name, method, path)
    for name, document in DOCUMENTS.items()
    for path, item in document["paths"].items()
    for method in METHODS
    if method in item
]


def declared(dialect: Dialect) -> Iterator[tuple[Operation, set[str]]]:
    """Every route of a dialect and the scopes that open it; no scope where no key is asked for."""
    for route in (*dialect.ingests, *dialect.reads, *dialect.streams, *dialect.orders, *dialect.downloads):
        scopes = set() if route.scope is None else {route.scope}
        if isinstance(route, Ingest | Read):
            scopes |= set(route.other_scopes)
        yield Operation(dialect.name, route.method.lower(), route.path), scopes


def resolved(value: Any, document: Any) -> Any:
    """What a reference leads to."""
    if "$ref" not in value:
        return value
    found = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found
