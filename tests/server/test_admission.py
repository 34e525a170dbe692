"""Who gets in: a table of credentials over all routes, and a key that sees its own workspace and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from affidavit import dialects
from affidavit.access.keys import issue
from affidavit.core.instants import DAY
from affidavit.wiring.ledger import open_store, workspace_named
from affidavit.wiring.place import place_in
from tests.running import Running, run
from tests.server.conftest import Unchanged
from tests.server.endpoints import AGENT, ENDPOINTS, VENDORS, Endpoint, Vendor

SECONDS = 10
"""How long a revocation may take before the test fails. The server promises one."""


def expired_key(data: Path, vendor: Vendor) -> str:
    """A key whose time was over a day ago."""
    store = open_store(place_in(data), exclusive=False)
    dialect = dialects.load()[vendor.name]
    now = time.time_ns() // 1000
    key, token = issue(
        workspace_named(store, "default"), vendor.name, dialect.key_prefix, dialect.key_bytes, dialect.scopes,
        now=now - 2 * DAY, entropy=os.urandom, expires_at=now - DAY,
    )  # fmt: skip
    store.add_key(key)
    store.close()
    return token


@dataclass(frozen=True)
class Route:
    """A request that needs a key."""

    vendor: Vendor
    method: str
    path: str
    content: bytes = b""

    def ask(self, client: httpx.Client, authorization: str | None) -> httpx.Response:
        headers = {} if authorization is None else {"Authorization": authorization}
        return client.request(self.method, self.path.replace("{id}", "nothing"), content=self.content, headers=headers)


BODIES = {endpoint.path: endpoint.holding() for endpoint in ENDPOINTS}
ROUTES = [
    Route(vendor, route.method, route.path, BODIES.get(route.path, b"") if route.method == "POST" else b"")
    for vendor in VENDORS
    for dialect in (dialects.load()[vendor.name],)
    for route in (*dialect.ingests, *dialect.reads)
    if route.scope is not None
]
"""Every route of these vendors, whatever is added to them."""


@pytest.fixture(params=ROUTES, ids=lambda route: f"{route.method} {route.path}")
def route(request: pytest.FixtureRequest) -> Route:
    found: Route = request.param
    return found


@pytest.fixture(scope="module")
def anonymous(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url) as client:
        yield client


CREDENTIALS = {
    "none": None,
    "empty": "",
    "another scheme": "Basic dXNlcjpwYXNz",
    "a scheme alone": "Bearer",
    "a key without a scheme": "{key}",
    "unknown": "Bearer {prefix}" + "0" * 64,
    "another prefix": "Bearer sk-" + "0" * 48,
    "cut": "Bearer {key_cut}",
    "longer": "Bearer {key}0",
    "in capitals": "Bearer {KEY}",
    "with a space in it": "Bearer {prefix} 0",
    "very long": "Bearer {prefix}" + "x" * 30_000,
    "of another vendor": "Bearer {other}",
    "expired": "Bearer {expired}",
}


@pytest.fixture(scope="module")
def tokens(server: Running) -> dict[tuple[str, str], str]:
    """What stands for the names in braces, by vendor."""
    found = {}
    for vendor, other in zip(VENDORS, reversed(VENDORS), strict=True):
        key = server.key(vendor.name)
        found |= {
            (vendor.name, "key"): key,
            (vendor.name, "KEY"): key.upper(),
            (vendor.name, "key_cut"): key[:-1],
            (vendor.name, "prefix"): vendor.key_prefix,
            (vendor.name, "other"): server.key(other.name),
            (vendor.name, "expired"): expired_key(server.data, vendor),
        }
    return found


@pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_bad_credential_gets_nowhere(
    route: Route,
    anonymous: httpx.Client,
    tokens: dict[tuple[str, str], str],
    unchanged: Unchanged,
    credential: str | None,
) -> None:
    if credential is not None:
        for (vendor, name), token in tokens.items():
            if vendor == route.vendor.name:
                credential = credential.replace(f"{{{name}}}", token)
    with unchanged():
        answer = route.ask(anonymous, credential)
    assert answer.status_code == 401
    assert route.vendor.is_refusal(401, answer.json())
    if route.vendor.name == "provenlog":
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_good_key_gets_everywhere(route: Route, anonymous: httpx.Client, server: Running) -> None:
    answer = route.ask(anonymous, f"Bearer {server.key(route.vendor.name)}")
    assert answer.status_code in ((201,) if route.path in BODIES and route.method == "POST" else (200, 400, 404))


def test_a_key_does_what_its_scopes_say(
    route: Route, anonymous: httpx.Client, server: Running, unchanged: Unchanged
) -> None:
    write, read = dialects.load()[route.vendor.name].scopes[:2]
    lacking, enough = (read, write) if route.method == "POST" else (write, read)
    with unchanged():
        answer = route.ask(anonymous, f"Bearer {server.key(route.vendor.name, [lacking])}")
    assert answer.status_code == 403
    assert route.vendor.is_refusal(403, answer.json())
    if route.vendor.name == "agentlens":
        assert (answer.json()["required"], answer.json()["current"]) == (enough, lacking)
    assert route.ask(anonymous, f"Bearer {server.key(route.vendor.name, [enough])}").status_code in (200, 201, 400, 404)
    assert route.ask(anonymous, f"Bearer {server.key(route.vendor.name, ['*'])}").status_code in (200, 201, 400, 404)


def test_a_key_that_was_revoked_is_refused_within_a_second_or_so(
    vendor: Vendor, anonymous: httpx.Client, server: Running
) -> None:
    made = server.new_key(vendor.name)
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert anonymous.get(vendor.listing, headers=headers).status_code == 200
    assert run("key", "revoke", made["id"], "--data", server.data).returncode == 0
    deadline = time.monotonic() + SECONDS
    while (answer := anonymous.get(vendor.listing, headers=headers)).status_code == 200:
        assert time.monotonic() < deadline, "the key still works"
    assert answer.status_code == 401
    assert vendor.is_refusal(401, answer.json())


def test_health_needs_no_key(anonymous: httpx.Client) -> None:
    for path in ("/api/health", "/agentlens/api/health"):
        answer = anonymous.get(path, headers={"Authorization": "Bearer nonsense"})
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.fixture(scope="module")
def elsewhere(server: Running) -> dict[str, str]:
    """A key of each vendor in another workspace."""
    store = open_store(place_in(server.data), exclusive=False)
    store.add_workspace("elsewhere", os.urandom(16))
    store.close()
    return {vendor.name: server.new_key(vendor.name, None, "--workspace", "elsewhere")["key"] for vendor in VENDORS}


def test_a_key_of_another_workspace_sees_nothing(
    endpoint: Endpoint, client: httpx.Client, server: Running, elsewhere: dict[str, str]
) -> None:
    vendor = endpoint.vendor
    answer = client.post(endpoint.path, content=endpoint.holding(b'"a secret of the first"'))
    (identity,) = endpoint.ids(answer.json())
    with vendor.client(server, elsewhere[vendor.name]) as stranger:
        assert stranger.get(f"{vendor.listing}/{identity}").status_code == 404
        assert vendor.count(stranger) == 0
        if vendor.name == "agentlens":
            for query in ("", "?search=secret", f"?agentId={AGENT}", "?sessionId=s", "?eventType=session_started"):
                assert stranger.get("/api/events" + query).json() == {"events": [], "total": 0, "hasMore": False}
        else:
            for path in ("/v1/events", f"/v1/events?agent_id={AGENT}", "/v1/events?action_type=CUSTOM", "/v1/agents"):
                assert stranger.get(path).json() == []
            assert stranger.get(f"/v1/verify?agent_id={AGENT}").json()["events_verified"] == 0
            stats = stranger.get("/v1/stats").json()
            assert (stats["total_events"], stats["active_agents"], stats["events_last_24h"]) == (0, 0, 0)


def test_the_same_agent_in_two_workspaces_has_two_chains(
    clients: dict[str, httpx.Client], server: Running, elsewhere: dict[str, str], vendor: Vendor
) -> None:
    endpoint = next(endpoint for endpoint in ENDPOINTS if endpoint.vendor is vendor)
    with vendor.client(server, elsewhere[vendor.name]) as stranger:
        before = vendor.count(clients[vendor.name])
        answers = [stranger.post(endpoint.path, content=endpoint.holding()) for _ in range(2)]
        first, second = (
            stranger.get(f"{vendor.listing}/{endpoint.ids(answer.json())[0]}").json() for answer in answers
        )
        previous = "prevHash" if vendor.name == "agentlens" else "prev_hash"
        assert first[previous] in (None, "0" * 64)
        assert second[previous] == first["hash"]
        assert (vendor.count(stranger), vendor.count(clients[vendor.name])) == (2, before)
        if vendor.name == "agentlens":
            assert {event["tenantId"] for event in stranger.get("/api/events").json()["events"]} == {"elsewhere"}
