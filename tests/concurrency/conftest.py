"""Fifty clients a dialect, on ten chains that they share, all at once, over real connections."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.running import Running
from tests.storing import Storing
from tests.vendors import VENDORS, Event, Receipt, Vendor, bearer

CLIENTS = 50
CHAINS = 10
REQUESTS = 8
"""Each client sends so many, one after the other, over a connection of its own."""
SIZES = (1, 1, 1, 2, 3, 10, 40)
FLAWED = 0.2
"""The share of batches with an event that is none."""
SEED = 1


@dataclass
class Request:
    """A request and its answer. `flawed`: which of the events was none; `recorded`: those that were answered for."""

    vendor: Vendor
    client: int
    events: list[Event]
    flawed: int | None
    status: int
    recorded: dict[Event, Receipt]
    span: str | None


@dataclass
class Traffic:
    """What all clients sent, each client's requests in its order, and the server that it was sent to."""

    server: Running
    requests: list[Request]

    def of(self, vendor: Vendor) -> list[Request]:
        """One dialect's part."""
        return [request for request in self.requests if request.vendor is vendor]


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Traffic]:
    """All of it, on a server of its own, so that totals can be exact."""
    server = storing.start(tmp_path_factory.mktemp("traffic") / "data")
    try:
        yield Traffic(server, asyncio.run(_send(server)))
    finally:
        server.stop()


async def _send(server: Running) -> list[Request]:
    async with asyncio.TaskGroup() as clients:
        tasks = [
            clients.create_task(_client(server.base_url, vendor, server.key(vendor.name), number))
            for vendor in VENDORS
            for number in range(CLIENTS)
        ]
    return [request for task in tasks for request in task.result()]


async def _client(base_url: str, vendor: Vendor, token: str, number: int) -> list[Request]:
    chance = random.Random(f"{SEED} {vendor.name} {number}")
    limits = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(base_url=base_url, headers=bearer(token), limits=limits, timeout=60) as client:
        return [await _request(client, vendor, chance, number, n) for n in range(REQUESTS)]


async def _request(client: httpx.AsyncClient, vendor: Vendor, chance: random.Random, number: int, n: int) -> Request:
    events = [
        Event(f"chain-{chance.randrange(CHAINS)}", f"{number}-{n}-{index}") for index in range(chance.choice(SIZES))
    ]
    path, body = vendor.request(events)
    flawed = chance.randrange(len(events)) if len(events) > 1 and chance.random() < FLAWED else None
    if flawed is not None:
        _spoil(body, flawed)
    response = await client.post(path, json=body)
    good = events if flawed is None else _good(vendor, events, flawed, response.json())
    recorded = dict(zip(good, vendor.receipts(_without_errors(response.json())), strict=True)) if good else {}
    return Request(
        vendor, number, events, flawed, response.status_code, recorded, response.headers.get("affidavit-entries")
    )


def _spoil(body: Any, index: int) -> None:
    """Take the chain away from an event."""
    event = (body if isinstance(body, list) else body["events"])[index]
    del event["agent_id" if "agent_id" in event else "sessionId"]


def _good(vendor: Vendor, events: list[Event], flawed: int, answer: Any) -> list[Event]:
    """What is recorded of a batch with a flaw: nothing, or all but the flaw, as the vendor has it."""
    if vendor.name == "agentlens":
        return []
    assert [item["index"] for item in answer if "error" in item] == [flawed]
    return [event for index, event in enumerate(events) if index != flawed]


def _without_errors(answer: Any) -> Any:
    return [item for item in answer if "event" in item] if isinstance(answer, list) else answer
