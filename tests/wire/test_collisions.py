"""All dialects on one port: whose answer a path gets, with which key, and in whose shape it is refused."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from affidavit import dialects
from affidavit.dialects.contract import Ingest, Read
from tests.running import Running
from tests.wire.callers import Callers, credential
from tests.wire.looks import ONE_READ, lasting
from tests.wire.refusals import is_refused

SHARED = ("/v1/events", "/v1/agents")
"""ProvenLog answers with arrays, Pecta with objects."""


@pytest.fixture(scope="module")
def nobody(callers: Callers) -> Iterator[httpx.Client]:
    """Someone without a key."""
    with callers.client() as client:
        yield client


@pytest.mark.parametrize("path", SHARED)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_key_decides_whose_answer_a_shared_path_gets(callers: Callers, method: str, path: str) -> None:
    own = {dialect: callers(dialect).request(method, path) for dialect in ("provenlog", "pecta")}
    assert {answer.status_code for answer in own.values()} == {200}
    if method == "GET":
        assert (type(own["provenlog"].json()), type(own["pecta"].json())) == (list, dict)


@pytest.mark.parametrize("path", SHARED)
@pytest.mark.parametrize(
    ("shown", "dialect"),
    [
        (None, "provenlog"),
        ("", "provenlog"),
        ("Bearer", "provenlog"),
        ("Bearer pl_" + "0" * 48, "provenlog"),
        ("Bearer als_" + "0" * 64, "provenlog"),
        ("Bearer aff_" + "0" * 48, "provenlog"),
        ("Bearer pk_test_" + "0" * 32, "provenlog"),
        ("Bearer pk_live_" + "0" * 32, "pecta"),
        ("Bearer sk_live_" + "0" * 32, "pecta"),
        ("bearer pk_live_" + "0" * 32, "pecta"),
        ("Bearer pk_live_short", "pecta"),
    ],
)
def test_who_is_not_known_is_refused_by_whom_they_ask(
    nobody: httpx.Client, opened: Running, path: str, shown: str | None, dialect: str
) -> None:
    """And with --open, which asks for no key, the same key gets the same dialect's answer."""
    headers = {} if shown is None else {"Authorization": shown}
    assert is_refused(dialect, nobody.get(path, headers=headers), 401)
    answer = httpx.get(opened.base_url + path, headers=headers)
    assert (answer.status_code, type(answer.json())) == (200, dict if dialect == "pecta" else list)


def test_a_path_that_one_of_them_records_on_is_its_own(callers: Callers, opened: Running) -> None:
    """Reports are never given to another dialect because of a key."""
    assert is_refused("provenlog", callers("pecta").post("/v1/events", json={"agent_id": "a"}), 401)
    assert is_refused("pecta", callers("provenlog").post("/v1/agents", json={"agent_id": "a"}), 401)
    assert httpx.post(f"{opened.base_url}/v1/agents", json={"agent_id": "a"}).json() == {"agent_id": "a", "ok": True}
    assert httpx.post(f"{opened.base_url}/v1/events", json={"agent_id": "a"}).json()["sequence"] == 1


@pytest.mark.parametrize("dialect", ONE_READ)
def test_every_dialect_is_mounted_whole_under_its_name(callers: Callers, opened: Running, dialect: str) -> None:
    """There no other's key is good, and with --open no key is needed to tell dialects apart."""
    path, status = f"/{dialect}{ONE_READ[dialect]}", 404 if dialect == "asn" else 200
    own = callers(dialect).get(ONE_READ[dialect])
    assert (own.status_code, callers(dialect).get(path).status_code) == (status, status)
    assert lasting(callers(dialect).get(path).json()) == lasting(own.json())
    for other in set(ONE_READ) - {dialect}:
        headers = credential(dialect, callers.key(other)["key"])
        # What ASN's agents did is public: whose key is not known there sees it like everybody.
        refused = 404 if dialect == "asn" else 401
        assert is_refused(dialect, httpx.get(callers.server.base_url + path, headers=headers), refused)
    foreign = {"Authorization": "Bearer pk_live_" + "0" * 32} if dialect == "provenlog" else {}
    answer = httpx.get(f"{opened.base_url}/{dialect}{ONE_READ[dialect]}", headers=foreign)
    assert (answer.status_code, type(answer.json())) == (status, type(own.json()))


@pytest.mark.parametrize("dialect", dialects.load())
def test_routes_are_mounted_under_their_own_name_only(nobody: httpx.Client, dialect: str) -> None:
    own = {route.path for route in _routes(dialect)}
    for route in _routes(dialect):
        if route.scope is not None and (isinstance(route, Ingest) or route.about is None):
            assert is_refused(dialect, nobody.request(route.method, f"/{dialect}{route.path}"), 401), route.path
    for other in set(dialects.load()) - {dialect}:
        for route in _routes(other):
            if route.path not in own:
                assert is_refused(dialect, nobody.request(route.method, f"/{dialect}{route.path}"), 404), route.path


def _routes(dialect: str) -> tuple[Ingest | Read, ...]:
    found = dialects.load()[dialect]
    return (*found.ingests, *found.reads)


PECTA = {"Authorization": "Bearer pk_live_" + "0" * 32}
UNKNOWN = [
    ("/v1/nothing", {}, "provenlog"),
    ("/v1/nothing", PECTA, "pecta"),
    ("/v1/events/a/b", {}, "provenlog"),
    ("/v1/events/", {}, "provenlog"),
    ("/v1", {}, "provenlog"),
    ("/v1/affidavit/nothing", {}, "affidavit"),
    ("/api/nothing", {}, "agentlens"),
    ("/api/events/", {}, "agentlens"),
    ("/api", PECTA, "agentlens"),
    ("/api/v1/events/x", {}, "trenchcoat"),
    ("/api/v1/sessions/x", {}, "trenchcoat"),
    ("/api/v1/analytics/x", {}, "trenchcoat"),
    ("/api/v1/agents/x/y", {}, "asn"),
    ("/api/v1/activity/x", {}, "asn"),
    ("/api/v1/verify", {}, "asn"),
    *[(f"/{name}{path}", {}, name) for name in ONE_READ for path in ("", "/", "/v1/nothing", "/api/nothing")],
    ("/pecta/v1/batch", {}, "pecta"),
    ("/provenlog/v1/ingest", PECTA, "provenlog"),
]


@pytest.mark.parametrize(("path", "headers", "dialect"), UNKNOWN)
def test_an_unknown_path_is_refused_by_its_prefixs_dialect(
    nobody: httpx.Client, path: str, headers: dict[str, str], dialect: str
) -> None:
    for method in ("GET", "POST"):
        assert is_refused(dialect, nobody.request(method, path, headers=headers), 404), path


@pytest.mark.parametrize("path", ["/nothing", "/v2/events", "/apis", "/provenlogs"])
def test_a_path_of_nobodys_has_a_plain_refusal(nobody: httpx.Client, path: str) -> None:
    answer = nobody.get(path)
    assert (answer.status_code, answer.json().keys(), answer.json()["status"]) == (404, {"error", "status"}, 404)


@pytest.mark.parametrize(
    ("method", "path", "headers", "dialect", "allowed"),
    [
        ("DELETE", "/v1/events", {}, "provenlog", "GET, HEAD, POST"),
        ("DELETE", "/v1/events", PECTA, "pecta", None),
        ("PUT", "/v1/agents", {}, "provenlog", None),
        ("PUT", "/v1/agents", PECTA, "pecta", "GET, HEAD, POST"),
        ("GET", "/v1/batch", {}, "provenlog", "POST"),
        ("GET", "/v1/ingest", {}, "pecta", "POST"),
        ("GET", "/pecta/v1/ingest", {}, "pecta", "POST"),
        ("DELETE", "/provenlog/v1/events", PECTA, "provenlog", "GET, HEAD, POST"),
        ("DELETE", "/api/events", {}, "agentlens", None),
        ("GET", "/api/v1/events", {}, "trenchcoat", "POST"),
        ("POST", "/api/v1/sessions", {}, "trenchcoat", "GET, HEAD"),
        ("GET", "/api/v1/activity/report", {}, "asn", "POST"),
        ("GET", "/api/v1/agents", {}, "asn", "POST"),
        ("POST", "/v1/affidavit/entries", {}, "affidavit", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_refused_by_the_paths_dialect(
    nobody: httpx.Client, method: str, path: str, headers: dict[str, str], dialect: str, allowed: str | None
) -> None:
    answer = nobody.request(method, path, headers=headers)
    assert is_refused(dialect, answer, 405), answer.text
    if allowed is not None:
        assert answer.headers["Allow"] == allowed
