"""Compressed bodies: what is meant is taken, what is broken is a 400, what explodes is a 413 and costs no memory."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from functools import cache

import httpx
import pytest

from bench.process import peak_memory
from tests.running import Running
from tests.server.conftest import Unchanged
from tests.server.endpoints import Endpoint
from tests.server.raw import Raw, chunked, request

MIB = 1 << 20


def halves(body: bytes, compress: Callable[[bytes], bytes]) -> bytes:
    """Each half compressed by itself."""
    return compress(body[: len(body) // 2]) + compress(body[len(body) // 2 :])


GOOD = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "capitals": ("GZIP", gzip.compress),
    "gzip of two members": ("gzip", lambda body: halves(body, gzip.compress)),
    "gzip stored": ("gzip", lambda body: gzip.compress(body, 0)),
    "deflate": ("deflate", zlib.compress),
    "identity": ("identity", lambda body: body),
    "none": ("", lambda body: body),
}


@pytest.mark.parametrize(("encoding", "compress"), GOOD.values(), ids=GOOD)
def test_a_compressed_body_is_taken(
    endpoint: Endpoint, client: httpx.Client, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    for text in ("short", "long " * 100_000):
        body = compress(endpoint.holding(json.dumps(text).encode()))
        answer = client.post(endpoint.path, content=body, headers={"Content-Encoding": encoding})
        assert answer.status_code == 201
        (identity,) = endpoint.ids(answer.json())
        assert endpoint.held(client, identity) == text


def test_a_body_may_be_compressed_and_chunked(endpoint: Endpoint, client: httpx.Client, server: Running) -> None:
    body = gzip.compress(endpoint.holding(b'"both"'))
    with Raw(server.base_url) as raw:
        head = request(
            "POST", endpoint.path, Authorization=f"Bearer {server.key(endpoint.vendor.name)}",
            Transfer_Encoding="chunked", Content_Encoding="gzip",
        )  # fmt: skip
        raw.send(head, chunked(body, 10))
        reply = raw.reply()
    assert reply.status == 201
    assert endpoint.held(client, endpoint.ids(reply.json)[0]) == "both"


BROKEN = {
    "truncated": lambda body: gzip.compress(body)[:-1],
    "truncated in its head": lambda body: gzip.compress(body)[:5],
    "not compressed": lambda body: body,
    "twice": lambda body: gzip.compress(gzip.compress(body)),
    "wrong checksum": lambda body: gzip.compress(body)[:-8] + bytes(8),
    "garbage behind it": lambda body: gzip.compress(body) + b"garbage",
    "half a member behind it": lambda body: gzip.compress(body) + gzip.compress(b" ")[:-1],
    "17 members": lambda body: gzip.compress(body) + gzip.compress(b" ") * 16,
    "an empty member alone": lambda _: gzip.compress(b""),
    "raw deflate": lambda body: zlib.compress(body)[2:-4],
}


@pytest.mark.parametrize("compress", BROKEN.values(), ids=BROKEN)
def test_what_does_not_decompress_is_refused(
    endpoint: Endpoint, client: httpx.Client, unchanged: Unchanged, compress: Callable[[bytes], bytes]
) -> None:
    body = compress(endpoint.holding())
    with unchanged():
        answer = client.post(endpoint.path, content=body, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert endpoint.vendor.is_refusal(400, answer.json())


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip;q=1", "\x7fé"])
def test_an_unknown_encoding_is_refused(
    endpoint: Endpoint, client: httpx.Client, unchanged: Unchanged, server: Running, encoding: str
) -> None:
    with unchanged(), Raw(server.base_url) as raw:
        token = f"Bearer {server.key(endpoint.vendor.name)}"
        raw.send(request("POST", endpoint.path, endpoint.holding(), Authorization=token, Content_Encoding=encoding))
        reply = raw.reply()
    assert reply.status == (400 if "\x7f" in encoding else 415)
    if reply.status == 415:
        assert endpoint.vendor.is_refusal(415, reply.json)


@cache
def bomb(mib: int) -> bytes:
    """A gzip that is a thousand times larger when it is undone."""
    shrinking = zlib.compressobj(9, wbits=31)
    parts = [shrinking.compress(bytes(MIB)) for _ in range(mib)]
    return b"".join([*parts, shrinking.flush()])


@pytest.mark.parametrize("size", [1 * MIB, 16 * MIB, 16 * MIB + 1, 20 * MIB])
def test_the_limit_is_on_what_it_becomes(
    endpoint: Endpoint, client: httpx.Client, unchanged: Unchanged, size: int
) -> None:
    body = gzip.compress(endpoint.holding().ljust(size))
    answer = client.post(endpoint.path, content=body, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == (201 if size <= 16 * MIB else 413)


def test_a_bomb_is_refused_and_costs_no_memory(
    endpoint: Endpoint, client: httpx.Client, unchanged: Unchanged, server: Running
) -> None:
    client.post(
        endpoint.path, content=endpoint.holding().ljust(16 * MIB)
    )  # what a body of the limit costs, it has cost
    bombs = (bomb(256), bomb(12) * 16, gzip.compress(bomb(256)))
    before = peak_memory(server.process.pid)
    with unchanged():
        statuses = [
            client.post(endpoint.path, content=body, headers={"Content-Encoding": "gzip"}).status_code for body in bombs
        ]
    assert statuses == [413, 413, 400]
    assert peak_memory(server.process.pid) - before < 100
