"""Paths and methods: each vendor's own, mounted under its name, and refused in its shape."""

from __future__ import annotations

import re
import time
import uuid

import httpx
import pytest

from affidavit.core import ids
from tests.running import Running
from tests.server.endpoints import AGENTLENS, PROVENLOG, Endpoint, Vendor
from tests.server.raw import SECONDS, Raw, request

UNKNOWN = {
    AGENTLENS: ("/api", "/api/", "/api/nothing", "/api/events/", "/api/events/a/b", "/api//events", "/api/EVENTS",
                "/agentlens", "/agentlens/", "/agentlens/v1/events", "/agentlens/api/nothing", "/api/events%2F",
                "/api/%00", "/api/\ufffd", "/api/" + "x" * 20_000, "/api/../api/nothing", "/api/events;a=b"),
    PROVENLOG: ("/v1", "/v1/", "/v1/nothing", "/v1/events/", "/v1/events/a/b", "/v1//events", "/v1/batch/",
                "/provenlog", "/provenlog/api/events", "/provenlog/v1", "/v1/%ff%fe", "/v1/" + "%41" * 10_000),
}  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_an_unknown_path_is_refused_in_its_vendors_shape(
    vendor: Vendor, clients: dict[str, httpx.Client], method: str
) -> None:
    for path in UNKNOWN[vendor]:
        answer = clients[vendor.name].request(method, path)
        assert answer.status_code == 404, path
        assert vendor.is_refusal(404, answer.json()), path
        assert answer.headers.get("x-api-version") == ("v1" if vendor is AGENTLENS else None)


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/apis/events", "/v10/events", "/v1events", "/agentlenses", "/metrics", "//"]
)
def test_a_path_of_nobody_is_a_plain_404(server: Running, path: str) -> None:
    with Raw(server.base_url) as client:
        client.send(request("GET", path))
        reply = client.reply()
    assert reply.status == 404
    assert reply.json == {"error": f"there is no {path} here", "status": 404}


def test_a_wrong_method_is_refused_in_its_vendors_shape(clients: dict[str, httpx.Client]) -> None:
    identity = str(uuid.uuid4())
    for method, path, allowed in (
        ("PUT", "/v1/events", "GET, HEAD, POST"),
        ("DELETE", "/v1/events", "GET, HEAD, POST"),
        ("GET", "/v1/batch", "POST"),
        ("HEAD", "/v1/batch", "POST"),
        ("POST", "/v1/stats", "GET, HEAD"),
        ("POST", f"/v1/events/{identity}", "GET, HEAD"),
        ("PATCH", f"/provenlog/v1/events/{identity}", "GET, HEAD"),
    ):
        answer = clients["provenlog"].request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert method == "HEAD" or PROVENLOG.is_refusal(405, answer.json())
    for method, path in (("PUT", "/api/events"), ("POST", "/api/health"), ("DELETE", "/agentlens/api/events/x")):
        answer = clients["agentlens"].request(method, path)
        assert answer.status_code == 404  # as the vendor's server answers
        assert answer.json() == {"error": "Not found", "status": 404}


def test_every_route_is_there_under_the_vendors_name(endpoint: Endpoint, client: httpx.Client) -> None:
    mounted = f"/{endpoint.vendor.name}"
    answer = client.post(mounted + endpoint.path, content=endpoint.holding(b'"mounted"'))
    assert answer.status_code == 201
    (identity,) = endpoint.ids(answer.json())
    plain = client.get(f"{endpoint.vendor.listing}/{identity}")
    assert plain.status_code == 200
    assert client.get(f"{mounted}{endpoint.vendor.listing}/{identity}").json() == plain.json()
    for path in endpoint.vendor.reads:
        path = path.replace("{id}", identity)
        assert client.get(mounted + path).json() == client.get(path).json()


def test_a_head_is_a_get_without_its_body(vendor: Vendor, server: Running, clients: dict[str, httpx.Client]) -> None:
    token = f"Bearer {server.key(vendor.name)}"
    with Raw(server.base_url) as client:
        for path in (vendor.listing, f"{vendor.listing}/nothing", "/healthz", "/nothing"):
            client.send(request("HEAD", path, Authorization=token))
            head = client.reply(to_head=True)
            client.send(request("GET", path, Authorization=token))
            get = client.reply()
            assert head.status == get.status
            differs = {"date", "x-request-id", "ratelimit"}  # the last counts down
            assert {name: head.headers[name] for name in head.headers.keys() - differs} == {
                name: get.headers[name] for name in get.headers.keys() - differs
            }


ORIGINS = {
    "http://localhost:3000": True,
    "http://127.0.0.1": True,
    "https://[::1]:8443": True,
    "http://localhost.example.com": False,
    "https://example.com": False,
    "null": False,
    "http://localhost:3000\t": True,  # white space around a value is not part of it
}


@pytest.mark.parametrize(("origin", "welcome"), ORIGINS.items(), ids=ORIGINS)
def test_options_is_answered_and_opens_the_door_to_this_machine_only(
    server: Running, origin: str, welcome: bool
) -> None:
    with Raw(server.base_url) as client:
        client.send(request("OPTIONS", "/api/events", Origin=origin, Access_Control_Request_Method="POST"))
        reply = client.reply()
    assert reply.status == 204
    assert "content-length" not in reply.headers
    assert "transfer-encoding" not in reply.headers
    assert (reply.headers.get("access-control-allow-origin") == origin.strip()) is welcome
    assert ("POST" in reply.headers.get("access-control-allow-methods", "")) is welcome


def test_options_needs_no_key_and_no_route(server: Running) -> None:
    with Raw(server.base_url) as client:
        for path in ("/api/events", "/v1/batch", "/api/nothing", "/", "*"):
            client.send(request("OPTIONS", path))
            assert client.reply().status == 204


@pytest.mark.parametrize("path", ["/" * 60_000, "/v1" + "/a" * 30_000, "/api/events" + "/%2F" * 12_000])
def test_a_path_without_end_takes_no_time(server: Running, path: str) -> None:
    """A hundred of them within what one answer may take."""
    with Raw(server.base_url) as client:
        until = time.monotonic() + SECONDS
        for _ in range(100):
            client.send(request("GET", path))
            assert client.reply().status == 404
            assert time.monotonic() < until


def test_the_servers_own_routes(server: Running) -> None:
    for path in ("/healthz", "/readyz"):
        answer = httpx.get(server.base_url + path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("sent", ["a", "req-1.2:3_4", "A" * 128])
def test_a_request_id_is_echoed(vendor: Vendor, clients: dict[str, httpx.Client], sent: str) -> None:
    for path in (vendor.listing, "/api/nothing", "/v1/nothing", "/nothing", "/healthz"):
        assert clients[vendor.name].get(path, headers={"X-Request-ID": sent}).headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", [None, "", "A" * 129, "with space", "semi;colon", "é", "<b>", "new\tline"])
def test_a_request_id_is_made_where_none_fits(server: Running, sent: str | None) -> None:
    seen = set()
    with Raw(server.base_url) as client:
        for _ in range(3):
            client.send(request("GET", "/healthz", **({} if sent is None else {"x-ReQuEsT-iD": sent})))
            made = client.reply().headers["x-request-id"]
            assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]+", made)
            seen.add(made)
    assert len(seen) == 3


def test_what_was_recorded_is_named_in_a_header(endpoint: Endpoint, client: httpx.Client) -> None:
    answer = client.post(endpoint.path, content=endpoint.holding())
    (identity,) = endpoint.ids(answer.json())
    span = re.fullmatch(r"([0-9a-f-]{36})\.\.([0-9a-f-]{36})", answer.headers["affidavit-entries"])
    assert span
    assert ids.parse(span[1]) == ids.parse(span[2]) == ids.parse(identity)


def test_the_header_spans_a_batch_from_its_first_to_its_last_entry(clients: dict[str, httpx.Client]) -> None:
    answer = clients["provenlog"].post("/v1/batch", json=[{"agent_id": "span"}, {}, {"agent_id": "span"}])
    recorded = [item["event"]["id"] for item in answer.json() if "event" in item]
    assert answer.headers["affidavit-entries"] == "..".join(recorded)
    nothing = clients["provenlog"].post("/v1/batch", json=[{}])
    assert nothing.status_code == 207
    assert "affidavit-entries" not in nothing.headers


def test_too_many_fields_in_a_query_are_refused(vendor: Vendor, clients: dict[str, httpx.Client]) -> None:
    client = clients[vendor.name]
    assert client.get(vendor.listing + "?" + "&".join(f"a{number}=1" for number in range(100))).status_code == 200
    answer = client.get(vendor.listing + "?" + "&".join(f"a{number}=1" for number in range(101)))
    assert answer.status_code == 400
    assert vendor.is_refusal(400, answer.json())


@pytest.mark.parametrize(
    "query", ["", "&&&", "=", "a", "%", "%zz", "%00=%00", "search=%ff", "limit=1&limit=2", "a=b=c", "+"]
)
def test_no_query_string_is_a_fault(vendor: Vendor, clients: dict[str, httpx.Client], query: str) -> None:
    assert clients[vendor.name].get(f"{vendor.listing}?{query}").status_code == 200
