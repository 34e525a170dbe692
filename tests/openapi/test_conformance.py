"""A real server against the documents: requests made from them are answered as they say, and never with a fault."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.openapi.documents import DIALECTS, DOCUMENTS, OPERATIONS, Operation
from tests.running import Running, start

SECONDS = 30
"""How long the server has to seal what it was sent."""
EXAMPLES = 12
"""Requests of each kind to each operation."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ENDLESS = {"/api/stream"}
"""Answers that do not end: tests/server/test_live.py reads them."""
CONDITIONAL = {
    "/api/audit/verify": "one of two parameters is needed",
    "/v1/affidavit/bundle": "one of several parameters is needed, and an earlier size must have been signed",
    "/ledger/bundle": "an earlier size must have been signed",
    "/v1/affidavit/consistency": "the sizes must be those of entries under a checkpoint",
    "/v1/affidavit/chains": "a cursor must be the id of a chain",
}
"""Where a request that is right by the document is refused for what the document cannot say."""
MADE_UP = {
    401: "the signature is not the body's",
    404: "what it is about is not there",
    409: "the number is taken",
    410: "the agent was deactivated",
    422: "the Idempotency-Key came with another body",
}
"""What a good request is refused for, because what it names was made up."""
SCHEMAS = {name: schemathesis.openapi.from_dict(document) for name, document in DOCUMENTS.items()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of its own, with an event of every dialect that records, so that reads find something."""
    running = start(tmp_path_factory.mktemp("openapi") / "data", environment={"AFFIDAVIT_HEADS_SECONDS": "1"})
    try:
        for _ in range(2):  # an agent is registered, and then reported for
            for operation in OPERATIONS:
                _send_examples(running, operation)
        _await_heads(running)
        yield running
    finally:
        running.stop()


def _send_examples(running: Running, operation: Operation) -> None:
    if operation.method == "post" and "{" not in operation.path and "requestBody" in operation.described:
        content = operation.described["requestBody"]["content"]["application/json"]
        examples = [each["value"] for each in content.get("examples", {"": {"value": content.get("example")}}).values()]
        for example in examples:
            url = f"{running.base_url}/{operation.dialect}{operation.path}"
            httpx.post(url, json=example, headers=_key(running, operation.dialect))


def _await_heads(running: Running) -> None:
    """Until the examples are under a checkpoint, and where their chains ended is too."""
    deadline = time.monotonic() + SECONDS
    while httpx.get(f"{running.base_url}/v1/affidavit/heads", headers=_key(running, "affidavit")).status_code == 503:
        assert time.monotonic() < deadline, "no heads were sealed"
        time.sleep(0.1)


def _key(running: Running, name: str) -> dict[str, str]:
    """The header that a dialect wants."""
    (scheme,) = DOCUMENTS[name]["components"]["securitySchemes"].values()
    key = running.key(name, ["*"])
    return {scheme["name"]: key} if scheme["type"] == "apiKey" else {"Authorization": f"Bearer {key}"}


def _asked() -> Iterator[tuple[Operation, GenerationMode]]:
    for operation in OPERATIONS:
        if operation.path not in ENDLESS:
            yield operation, GenerationMode.POSITIVE
            if operation.described.keys() & {"parameters", "requestBody"}:  # else there is nothing to get wrong
                yield operation, GenerationMode.NEGATIVE


@pytest.mark.parametrize(("operation", "mode"), list(_asked()), ids=lambda value: getattr(value, "value", str(value)))
def test_answers_conform(server: Running, operation: Operation, mode: GenerationMode) -> None:
    described = SCHEMAS[operation.dialect][operation.path][operation.method]
    base, key = f"{server.base_url}/{operation.dialect}", _key(server, operation.dialect)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(base_url=base, headers=key, checks=CHECKS)
        if mode is GenerationMode.POSITIVE and operation.path not in CONDITIONAL:
            assert answer.status_code < 300 or answer.status_code in MADE_UP, answer.text

    ask()


def test_the_examples_were_recorded(server: Running) -> None:
    """What makes the rest worth asking."""
    answer = httpx.get(f"{server.base_url}/v1/affidavit/entries?limit=200", headers=_key(server, "affidavit"))
    recording = {name for name, dialect in DIALECTS.items() if dialect.ingests}
    assert {entry["dialect"] for entry in answer.json()["entries"]} >= recording
