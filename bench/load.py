"""A load generator that costs little: requests made beforehand, sent over keep-alive connections, answers counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import uvloop


@dataclass
class Outcome:
    """What a load measured. `latencies` in seconds, one a request; `failures`: answers that were not 2xx."""

    seconds: float
    latencies: list[float]
    failures: int

    def percentile(self, share: float) -> float:
        """The latency below which `share` of the requests stayed, in ms."""
        ranked = sorted(self.latencies)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] * 1000


class _Client(asyncio.Protocol):
    """One connection: sends the next request as soon as the answer to the last is whole, or when it is due.

    A request that is due while another is under way waits, and its latency counts from when it was due.
    """

    def __init__(
        self, requests: Sequence[bytes], outcome: Outcome, done: asyncio.Future[None], every: float, first: float
    ) -> None:
        """`every`: seconds from one request to the next, 0 for no pause; `first`: seconds before the first."""
        self._requests = iter(requests)
        self._outcome = outcome
        self._done = done
        self._answer = b""
        self._every = every
        self._due = time.perf_counter() + first

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        now = time.perf_counter()
        if self._every:
            self._sent, self._due = self._due, self._due + self._every
        else:
            self._sent = now
        asyncio.get_running_loop().call_later(max(0.0, self._sent - now), self._transport.write, request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, blank, rest = self._answer.partition(b"\r\n\r\n")
        if not blank:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self._outcome.latencies.append(time.perf_counter() - self._sent)
        self._outcome.failures += not head.startswith(b"HTTP/1.1 2")
        self._answer = rest[length:]
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))


def request(path: str, body: bytes, token: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole POST request."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


def send(base_url: str, requests: Sequence[bytes], connections: int, *, a_second: float = 0) -> Outcome:
    """Send all requests over so many connections at once, each waiting for its answer.

    `a_second`: how many requests, spread evenly; 0 for as many as there are answers.
    """
    return uvloop.run(_send(base_url, requests, connections, a_second))


def _itself(client: _Client) -> _Client:
    return client


async def _send(base_url: str, requests: Sequence[bytes], connections: int, a_second: float) -> Outcome:
    address = urlsplit(base_url)
    assert address.hostname
    assert address.port
    loop = asyncio.get_running_loop()
    outcome = Outcome(0.0, [], 0)
    started = time.perf_counter()
    waiting = []
    for number in range(connections):
        done = loop.create_future()
        share = requests[number::connections]
        every = connections / a_second if a_second else 0.0
        client = _Client(share, outcome, done, every, every * number / connections)
        await loop.create_connection(partial(_itself, client), address.hostname, address.port)
        waiting.append(done)
    await asyncio.gather(*waiting)
    outcome.seconds = time.perf_counter() - started
    return outcome
