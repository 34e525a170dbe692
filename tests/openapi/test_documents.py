"""The documents are OpenAPI 3.1, and say of every route what the dialects declare, and nothing of any other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from affidavit.model.rate import Rate
from tests.openapi.documents import DIALECTS, DOCUMENTS, OPERATIONS, Operation, declared, resolved


@pytest.mark.parametrize("name", DIALECTS)
def test_every_route_is_in_its_document_and_nothing_else_is(name: str) -> None:
    routes = {operation for operation, _ in declared(DIALECTS[name])}
    documented = {operation for operation in OPERATIONS if operation.dialect == name}
    assert not (missing := sorted(map(str, routes - documented))), f"describe them in its openapi.json: {missing}"
    assert not (gone := sorted(map(str, documented - routes))), f"nothing serves them: {gone}"


@pytest.mark.parametrize("name", DIALECTS)
def test_the_scopes_are_those_that_open_the_route(name: str) -> None:
    public = {route.path for route in DIALECTS[name].reads if route.about is not None or route.is_evidence}
    for operation, scopes in declared(DIALECTS[name]):
        ways = operation.described["security"]
        assert {scope for way in ways for listed in way.values() for scope in listed} == scopes, str(operation)
        assert ({} in ways) == (operation.path in public), str(operation)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_is_openapi(name: str) -> None:
    schemathesis.openapi.from_dict(DOCUMENTS[name]).validate()
    assert DOCUMENTS[name]["openapi"] == "3.1.0"
    assert {server["url"] for server in DOCUMENTS[name]["servers"]} == {"/", f"/{name}"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_rate_limits_headers_are_described(operation: Operation) -> None:
    told = {name for name, _ in DIALECTS[operation.dialect].rate_headers(Rate(1, 1, 1.0, 1))}
    for answer in operation.described["responses"].values():
        assert told <= resolved(answer, DOCUMENTS[operation.dialect])["headers"].keys()


def test_operation_ids_are_unique_in_their_document() -> None:
    named = [(operation.dialect, operation.described["operationId"]) for operation in OPERATIONS]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_component_is_there_and_used(name: str) -> None:
    document = DOCUMENTS[name]
    used = {value["$ref"] for value in _objects(document) if "$ref" in value}
    for reference in used:
        resolved({"$ref": reference}, document)
    there = {
        f"#/components/{kind}/{component}"
        for kind in ("schemas", "responses", "parameters", "headers")
        for component in document["components"].get(kind, {})
    }
    assert there == used


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(child)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_examples_are_what_their_schemas_say(operation: Operation) -> None:
    document = DOCUMENTS[operation.dialect]
    holders = [operation.described.get("requestBody", {}), *operation.described["responses"].values()]
    for holder in holders:
        for content in resolved(holder, document).get("content", {}).values():
            validator = jsonschema_rs.Draft202012Validator(
                {**content["schema"], "components": document["components"]}, validate_formats=True
            )
            examples = [content["example"]] if "example" in content else []
            examples += [each["value"] for each in content.get("examples", {}).values()]
            for example in examples:
                validator.validate(example)
    for parameter in (resolved(each, document) for each in operation.described.get("parameters", ())):
        if "example" in parameter:
            schema = {**parameter["schema"], "components": document["components"]}
            jsonschema_rs.Draft202012Validator(schema).validate(parameter["example"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_answer_that_can_come_is_described(operation: Operation) -> None:
    """What the server itself may say of any route, whatever the dialect."""
    statuses = set(operation.described["responses"])
    assert {"400", "403", "413", "415", "500", "503"} <= statuses
    assert ({"401", "429"} <= statuses) == bool(operation.described["security"])
    records = {(route.path, route.method.lower()) for route in DIALECTS[operation.dialect].ingests}
    assert ("422" in statuses) == ((operation.path, operation.method) in records)
