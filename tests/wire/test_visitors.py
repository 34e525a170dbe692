"""Who shows no good key: so many requests a minute from one address, whatever is asked, and in each vendor's words."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from affidavit.server.urls import MAX_QUERY_FIELDS
from tests.storing import Storing
from tests.wire.callers import Callers, credential
from tests.wire.looks import ONE_READ
from tests.wire.refusals import is_refused

LIMIT = 4
ADDRESSES = {dialect: f"127.0.0.{number}" for number, dialect in enumerate(ONE_READ, 10)}
"""Each dialect's visitors come from an address of their own."""


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Callers]:
    """A server that takes four requests a minute from an address without a good key."""
    environment = {"AFFIDAVIT_ADDRESS_RATE_PER_MINUTE": str(LIMIT)}
    made = Callers(storing.start(tmp_path_factory.mktemp("visited") / "data", environment=environment))
    yield made
    made.close()
    assert made.server.stop() == 0


def ask(
    visited: Callers, dialect: str, address: str, headers: dict[str, str], path: str | None = None
) -> httpx.Response:
    """One read of the dialect, from an address."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address), headers=headers) as client:
        return client.get(f"{visited.server.base_url}/{dialect}{path or ONE_READ[dialect]}")


@pytest.mark.parametrize("dialect", ONE_READ)
def test_one_request_too_many(visited: Callers, dialect: str) -> None:
    here, elsewhere = ADDRESSES[dialect], "127.0.0.2"
    good, unseen = (credential(dialect, visited.key(dialect)["key"]) for _ in range(2))
    unknown = credential(dialect, visited.key(dialect)["key"][:-4] + "0000")
    admitted = 404 if dialect == "asn" else 200
    assert ask(visited, dialect, here, good).status_code == admitted
    answers = [ask(visited, dialect, here, headers) for headers in ({}, unknown) * (LIMIT // 2)]
    assert {answer.status_code for answer in answers} == {404 if dialect == "asn" else 401}
    for headers in ({}, unknown, unseen):
        refused = ask(visited, dialect, here, headers)
        assert is_refused(dialect, refused, 429), refused.text
        assert 1 <= int(refused.headers["Retry-After"]) <= 60 // LIMIT
    assert ask(visited, dialect, here, good).status_code == admitted  # of what was good it takes nothing
    assert ask(visited, dialect, elsewhere, unseen).status_code == admitted


def test_public_answers_tell_the_visitors_limit(visited: Callers) -> None:
    """ASN's vendor tells it in every answer."""
    answers = [ask(visited, "asn", "127.0.0.3", {}) for _ in range(LIMIT + 1)]
    told = [(answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert told == [(str(LIMIT), str(left)) for left in (3, 2, 1, 0, 0)]


@pytest.mark.parametrize(
    ("dialect", "path", "address"), [("agentlens", "/api/health", "127.0.0.5"), ("pecta", "/health", "127.0.0.6")]
)
def test_what_asks_for_no_key_counts_whatever_is_shown(visited: Callers, dialect: str, path: str, address: str) -> None:
    good = credential(dialect, visited.server.key(dialect))
    answers = [ask(visited, dialect, address, headers, path) for headers in ({}, good) * (LIMIT // 2) + ({},)]
    assert [answer.status_code for answer in answers[:-1]] == [200] * LIMIT
    assert is_refused(dialect, answers[-1], 429)


def test_a_key_without_the_scope_is_a_visitor_of_what_is_public(visited: Callers) -> None:
    headers = credential("asn", visited.server.key("asn", ["write"]))
    statuses = [ask(visited, "asn", "127.0.0.4", headers).status_code for _ in range(LIMIT + 1)]
    assert statuses == [404] * LIMIT + [429]


def test_health_of_the_process_is_always_told(visited: Callers) -> None:
    with httpx.Client(base_url=visited.server.base_url) as client:
        assert {client.get(path).status_code for path in ("/healthz", "/readyz") * LIMIT} == {200}


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        *((dialect, path) for dialect, path in ONE_READ.items() if dialect != "asn"),
        ("agentlens", "/api/stream"),
    ],
)
def test_what_a_query_is_like_is_told_to_who_is_admitted(callers: Callers, dialect: str, path: str) -> None:
    fields = "&".join(f"field{number}=" for number in range(MAX_QUERY_FIELDS + 1))
    target = f"{callers.server.base_url}/{dialect}{path}?{fields}"
    good = credential(dialect, callers.server.key(dialect))
    assert is_refused(dialect, httpx.get(target), 401)
    assert is_refused(dialect, httpx.get(target, headers=good), 400)
