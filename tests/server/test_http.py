"""HTTP/1.1 as clients really speak it, and as attackers do: over raw sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.running import Running
from tests.server.conftest import Unchanged
from tests.server.endpoints import ENDPOINTS, Endpoint
from tests.server.raw import SECONDS, Raw, chunked, request

H2C = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2_Settings": "AAMAAABkAAQAAP__"}
SINGLE = ENDPOINTS[1]


@pytest.fixture
def token(endpoint: Endpoint, server: Running) -> str:
    return f"Bearer {server.key(endpoint.vendor.name)}"


@pytest.fixture
def raw(server: Running) -> Iterator[Raw]:
    with Raw(server.base_url) as client:
        yield client


def test_an_offer_to_upgrade_is_ignored(endpoint: Endpoint, raw: Raw, token: str) -> None:
    """Java's HTTP client makes it with every first request, bodies too, and goes on with the connection."""
    body = endpoint.holding(b'"upgraded"')
    with raw:
        raw.send(request("GET", endpoint.vendor.listing, Authorization=token, **H2C))
        assert raw.reply().status == 200
        raw.send(request("POST", endpoint.path, body, Authorization=token, **H2C))
        assert raw.reply().status == 201
        raw.send(
            request("POST", endpoint.path, Authorization=token, Transfer_Encoding="chunked", **H2C), chunked(body, 9)
        )
        assert raw.reply().status == 201
        raw.send(request("POST", endpoint.path, body, Authorization=token))
        reply = raw.reply()
        assert reply.status == 201
        raw.send(request("GET", f"{endpoint.vendor.listing}/{endpoint.ids(reply.json)[0]}", Authorization=token))
        assert b"upgraded" in raw.reply().body


def test_an_upgrade_in_pieces(endpoint: Endpoint, raw: Raw, token: str) -> None:
    with raw:
        for byte in request("POST", endpoint.path, endpoint.holding(), Authorization=token, **H2C):
            raw.send(bytes([byte]))
        assert raw.reply().status == 201


def test_an_upgrade_among_pipelined_requests(endpoint: Endpoint, raw: Raw, token: str) -> None:
    one = request("POST", endpoint.path, endpoint.holding(), Authorization=token)
    other = request("POST", endpoint.path, endpoint.holding(), Authorization=token, **H2C)
    with raw:
        raw.send((one + other) * 3)
        assert [raw.reply().status for _ in range(6)] == [201] * 6


def test_pipelined_requests_are_answered_in_their_order(endpoint: Endpoint, raw: Raw, token: str) -> None:
    bodies = [endpoint.holding(b"%d" % number) for number in range(50)]
    with raw:
        raw.send(
            *(
                request("POST", endpoint.path, body, Authorization=token)
                + request("GET", "/nothing", X_Request_ID=f"after-{number}")
                for number, body in enumerate(bodies)
            )
        )
        identities = []
        for number in range(50):
            identities += endpoint.ids(raw.reply().json)
            assert raw.reply().headers["x-request-id"] == f"after-{number}"
        for number, identity in enumerate(identities):
            raw.send(request("GET", f"{endpoint.vendor.listing}/{identity}", Authorization=token))
            assert raw.reply().json["metadata"]["held"] == number


def test_a_flood_of_pipelined_requests_is_answered_to_the_last(server: Running, raw: Raw) -> None:
    with raw:
        raw.send(request("GET", "/healthz") * 20_000)
        assert {raw.reply().status for _ in range(20_000)} == {200}


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_request_may_come_in_pieces(endpoint: Endpoint, raw: Raw, token: str, size: int) -> None:
    whole = request("POST", endpoint.path, endpoint.holding(), Authorization=token) * 2
    with raw:
        for start in range(0, len(whole), size):
            raw.send(whole[start : start + size])
        assert [raw.reply().status, raw.reply().status] == [201, 201]


def test_a_client_that_asks_before_it_sends_a_body_is_told_to(endpoint: Endpoint, raw: Raw, token: str) -> None:
    body = endpoint.holding()
    with raw:
        head = request("POST", endpoint.path, body, Authorization=token, Expect="100-Continue").removesuffix(body)
        for _ in range(2):
            raw.send(head)
            assert raw.reply().status == 100
            raw.send(body)
            reply = raw.reply()
            assert (reply.status, reply.headers.get("connection")) == (201, None)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer nothing"}, 401),
        ({"Content_Length": "17000000"}, 413),
        ({"Content_Encoding": "br"}, 415),
    ],
)
def test_a_client_that_asks_and_is_refused_is_not_waited_for(
    endpoint: Endpoint, raw: Raw, token: str, headers: dict[str, str], status: int
) -> None:
    fields = {"Authorization": token, "Expect": "100-continue", "Content_Length": "100"} | headers
    with raw:
        raw.send(request("POST", endpoint.path, **fields))
        reply = raw.reply()
        assert (reply.status, reply.headers["connection"]) == (status, "close")
        assert endpoint.vendor.is_refusal(status, reply.json)
        raw.end()
        assert raw.rest() == b""


def test_a_refusal_before_the_body_leaves_the_connection_in_step(endpoint: Endpoint, raw: Raw, token: str) -> None:
    body = endpoint.holding().ljust(1 << 20)
    with raw:
        raw.send(request("POST", endpoint.path, body))
        assert raw.reply().status == 401
        raw.send(request("POST", endpoint.path, body, Authorization=token))
        assert raw.reply().status == 201


def test_a_client_may_close_its_side_and_still_read(endpoint: Endpoint, raw: Raw, token: str) -> None:
    with raw:
        raw.send(request("POST", endpoint.path, endpoint.holding(), Authorization=token))
        raw.end()
        assert raw.reply().status == 201
        assert raw.rest() == b""


def test_a_client_that_leaves_before_its_body_is_whole_leaves_nothing(
    endpoint: Endpoint, server: Running, token: str, unchanged: Unchanged
) -> None:
    cut = request("POST", endpoint.path, endpoint.holding(), Authorization=token)[:-1]
    with unchanged():
        with Raw(server.base_url) as polite:
            polite.send(cut)
            polite.end()
            assert polite.rest() == b""
        with Raw(server.base_url) as rude:
            rude.send(cut)


def test_a_client_that_leaves_before_its_answer_has_recorded(
    endpoint: Endpoint, server: Running, clients: dict[str, httpx.Client], token: str
) -> None:
    client = clients[endpoint.vendor.name]
    before = endpoint.vendor.count(client)
    with Raw(server.base_url) as hasty:
        hasty.send(request("POST", endpoint.path, endpoint.holding(), Authorization=token))
    deadline = time.monotonic() + SECONDS
    while endpoint.vendor.count(client) == before and time.monotonic() < deadline:
        pass
    assert endpoint.vendor.count(client) == before + 1


NO_REQUESTS = {
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "zeros": bytes(100),
    "an unknown method": b"SELECT /v1/events HTTP/1.1\r\n\r\n",
    "a method in lower case": b"get /v1/events HTTP/1.1\r\n\r\n",
    "a version that is none": b"GET / HTTP/1.9\r\n\r\n",
    "another protocol's name": b"GET / HTPP/1.1\r\n\r\n",
    "a space in the path": b"GET /a b HTTP/1.1\r\n\r\n",
    "a raw character in the path": b"GET /v1/\xc3\xa9 HTTP/1.1\r\n\r\n",
    "a proxy's request": b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "line feeds alone": b"GET / HTTP/1.1\nHost: a\n\n",
    "a folded header": b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nA\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nA : b\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nA: \x00\r\n\r\n",
    "a raw character in a header's name": b"GET / HTTP/1.1\r\n\xc3\xa9: b\r\n\r\n",
    "two lengths": b"POST /v1/events HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "the same length twice": b"POST /v1/events HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a list of lengths": b"POST /v1/events HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\n{}",
    "a negative length": b"POST /v1/events HTTP/1.1\r\nContent-Length: -2\r\n\r\n{}",
    "a signed length": b"POST /v1/events HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}",
    "an endless length": b"POST /v1/events HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
    "an empty length": b"POST /v1/events HTTP/1.1\r\nContent-Length:\r\n\r\n{}",
    "a length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    "chunked, but not at last": b"POST /v1/events HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("sent", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_refused_in_json(raw: Raw, unchanged: Unchanged, sent: bytes) -> None:
    with unchanged(), raw:
        raw.send(sent)
        reply = raw.reply()
        assert (reply.status, reply.headers["connection"]) == (400, "close")
        assert reply.headers["content-type"] == "application/json"
        assert reply.json["error"] in ("this is not an HTTP/1.1 request", "this server is no proxy")
        raw.end()
        assert raw.rest() == b""


NO_CHUNKS = {
    "no size": b"zz\r\n",
    "a negative size": b"-1\r\n",
    "an endless size": b"fffffffffffffffff\r\n",
    "a size that is too small": b"1\r\n{}\r\n0\r\n\r\n",
    "no line break": b"2\r\n{}0\r\n\r\n",
    "an endless extension": b"2;" + b"a" * 200_000,
    "endless trailers": b"0\r\n" + b"A: b\r\n" * 40_000,
    "an endless trailer": b"0\r\nA: " + b"a" * 200_000,
    "an unknown coding": None,
}


@pytest.mark.parametrize("sent", NO_CHUNKS.values(), ids=NO_CHUNKS)
def test_what_is_no_body_is_refused_in_the_vendors_shape(
    endpoint: Endpoint, raw: Raw, token: str, unchanged: Unchanged, sent: bytes | None
) -> None:
    coding = "chunked" if sent is not None else "xchunked"
    with unchanged(), raw:
        raw.send(request("POST", endpoint.path, Authorization=token, Transfer_Encoding=coding), sent or b"")
        reply = raw.reply()
        assert (reply.status, reply.headers["connection"]) == (400, "close")
        assert endpoint.vendor.is_refusal(400, reply.json)


def test_bytes_behind_a_request_are_refused_behind_its_answer(endpoint: Endpoint, raw: Raw, token: str) -> None:
    """A client that counts its bytes wrong still learns that its event was recorded."""
    with raw:
        raw.send(request("POST", endpoint.path, endpoint.holding(), Authorization=token), b"}} garbage")
        assert raw.reply().status == 201
        assert raw.reply().status == 400
        raw.end()
        assert raw.rest() == b""


def test_bytes_behind_the_last_request_are_ignored(endpoint: Endpoint, raw: Raw, token: str) -> None:
    with raw:
        body = endpoint.holding()
        raw.send(request("POST", endpoint.path, body, Authorization=token, Connection="close"), b"}} garbage")
        assert raw.reply().status == 201
        raw.end()
        assert raw.rest() == b""


def test_no_request_is_smuggled_in_a_body(raw: Raw, server: Running, unchanged: Unchanged) -> None:
    token = f"Bearer {server.key('provenlog')}"
    hidden = request("POST", "/v1/events", SINGLE.holding(), Authorization=token)
    with unchanged(), raw:
        raw.send(request("POST", "/v1/events", hidden, Authorization="Bearer wrong"))
        assert raw.reply().status == 401
        raw.send(request("GET", "/healthz"))
        assert raw.reply().json == {"status": "ok"}


def test_a_trailer_is_no_header(endpoint: Endpoint, raw: Raw, token: str, unchanged: Unchanged) -> None:
    body = chunked(endpoint.holding(), 10).removesuffix(b"\r\n")
    with raw:
        raw.send(
            request("POST", endpoint.path, Authorization=token, Transfer_Encoding="chunked"),
            body + b"Content-Encoding: br\r\nX-Request-ID: trailer\r\nAuthorization: none\r\n\r\n",
        )
        reply = raw.reply()
        assert reply.status == 201
        assert reply.headers["x-request-id"] != "trailer"
        with unchanged():
            raw.send(request("POST", endpoint.path, Transfer_Encoding="chunked"))
            raw.send(body + b"Authorization: %b\r\n\r\n" % token.encode())
            assert raw.reply().status == 401


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION", "aUtHoRiZaTiOn"])
def test_the_case_of_a_header_does_not_matter(endpoint: Endpoint, raw: Raw, token: str, name: str) -> None:
    with raw:
        raw.send(request("POST", endpoint.path, endpoint.holding(), **{name: token}))
        assert raw.reply().status == 201


def test_header_values_that_are_not_ascii_are_no_fault(endpoint: Endpoint, raw: Raw, token: str) -> None:
    with raw:
        for name in ("X-Any", "Accept", "User-Agent", "X-Request-ID", "X-API-Version", "Origin", "Content-Type"):
            raw.send(request("POST", endpoint.path, endpoint.holding(), Authorization=token, **{name: "\xe9\xff\xf0"}))
            assert raw.reply().status == 201
        raw.send(request("POST", endpoint.path, endpoint.holding(), Authorization="Bearer \xe9\xff"))
        assert raw.reply().status == 401


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/0.9"])
def test_an_old_client_is_answered_and_let_go(endpoint: Endpoint, raw: Raw, token: str, version: str) -> None:
    with raw:
        raw.send(
            request("POST", endpoint.path, endpoint.holding(), Authorization=token, Connection="keep-alive").replace(
                b"HTTP/1.1", version.encode(), 1
            )
        )
        reply = raw.reply()
        assert (reply.status, reply.headers["connection"]) == (201, "close")
        assert raw.rest() == b""


def test_a_proxys_way_to_write_a_path_is_understood(endpoint: Endpoint, raw: Raw, token: str) -> None:
    with raw:
        raw.send(request("POST", "http://elsewhere" + endpoint.path, endpoint.holding(), Authorization=token))
        assert raw.reply().status == 201
        raw.send(request("GET", "http://elsewhere"))
        assert raw.reply().json["error"] == "there is no / here"


def test_a_head_may_have_64_kib(raw: Raw) -> None:
    with raw:
        raw.send(request("GET", "/healthz", A="a" * 30_000, B="b" * 35_000))
        assert raw.reply().status == 200
        raw.send(request("GET", "/healthz", **{f"X{number}": "x" * 100 for number in range(600)}) * 20)
        assert [raw.reply().status for _ in range(20)] == [200] * 20


ENDLESS = {
    "a path": (b"GET /", b"a"),
    "a query": (b"GET /v1/events?", b"a"),
    "a header": (b"GET / HTTP/1.1\r\nA: ", b"a"),
    "a header's name": (b"GET / HTTP/1.1\r\n", b"a"),
    "headers": (b"GET / HTTP/1.1\r\n", b"A: b\r\n"),
    "line breaks": (b"", b"\r\n"),
}


@pytest.mark.parametrize(("begin", "more"), ENDLESS.values(), ids=ENDLESS)
def test_an_endless_head_is_refused(raw: Raw, begin: bytes, more: bytes) -> None:
    with raw:
        raw.send(request("GET", "/healthz"))
        assert raw.reply().status == 200
        raw.send(begin)
        raw.send_while_taken(more * 1000, most=200_000)
        reply = raw.reply()
        assert (reply.status, reply.headers["connection"]) == (431, "close")
        assert reply.json == {"error": "the request's head is larger than 65536 bytes"}


def test_a_client_that_was_refused_may_end_what_it_is_saying(endpoint: Endpoint, server: Running, token: str) -> None:
    """Elsewhere than on Linux, a connection that is closed over its bytes takes from it what it was told."""
    for sent in (
        b"nonsense\r\n",
        b"GET / HTTP/1.1\r\nA: " + bytes(100_000).replace(b"\0", b"a"),
        request("POST", endpoint.path, Authorization=token, Transfer_Encoding="chunked") + b"zz\r\n",
        request("POST", endpoint.path, Content_Length="2000000", Expect="100-continue"),
    ):
        with Raw(server.base_url) as client:
            client.send(sent)
            assert client.reply().headers["connection"] == "close"
            assert client.send_while_taken(bytes(1 << 16), most=1 << 20) == 1 << 20
            client.end()
            assert client.rest() == b""
