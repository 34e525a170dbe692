"""Clients that remember what they were promised: real connections, both dialects, single events and batches."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from tests.running import Running
from tests.vendors import VENDORS, Event, Receipt, Vendor, bearer

CLIENTS = 8
CHAINS = 4
"""Chains of each dialect."""
LARGEST_BATCH = 40
WAIT_SECONDS = 30
"""What may pass until something happens that must happen."""


@dataclass
class Promises:
    """What became of every request of one dialect, as its clients know it.

    acknowledged  answered with 2xx: must be there for ever, as it was answered
    refused       answered with 503: must never be there
    doubtful      never answered: each request's events are there together, or not at all
    """

    acknowledged: dict[Event, Receipt] = field(default_factory=dict)
    refused: set[Event] = field(default_factory=set)
    doubtful: list[list[Event]] = field(default_factory=list)


class Load:
    """Keeps a server busy until it dies or `stop` is called, and notes the promises it makes."""

    def __init__(self, chance: random.Random, era: str = "", largest: int = LARGEST_BATCH) -> None:
        """`era` names the chains: those of another era are left alone. `largest`: events of a batch, at most."""
        self.promises = {vendor.name: Promises() for vendor in VENDORS}
        self.chains = [f"{era}chain-{number}" for number in range(CHAINS)]
        self._chance = chance
        self._largest = largest
        self._sent = 0
        self._stopping = False
        self._answered = asyncio.Event()

    @property
    def acknowledged(self) -> int:
        """Events answered with 2xx so far."""
        return sum(len(promises.acknowledged) for promises in self.promises.values())

    @property
    def refused(self) -> int:
        """Events answered with 503 so far."""
        return sum(len(promises.refused) for promises in self.promises.values())

    def stop(self) -> None:
        """Each client ends after the request that is under way."""
        self._stopping = True

    async def run(self, server: Running) -> None:
        """Until the server is gone or `stop`."""
        async with asyncio.TaskGroup() as clients:
            for number in range(CLIENTS):
                vendor = VENDORS[number % len(VENDORS)]
                clients.create_task(self._client(server.base_url, vendor, server.key(vendor.name)))

    async def until(self, happened: Callable[[], bool]) -> None:
        """Let the clients work until something has happened."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not happened():
                self._answered = asyncio.Event()
                await self._answered.wait()

    async def grow(self, events: int) -> None:
        """Let the clients work until so many more are acknowledged."""
        enough = self.acknowledged + events
        await self.until(lambda: self.acknowledged >= enough)

    async def _client(self, base_url: str, vendor: Vendor, token: str) -> None:
        async with httpx.AsyncClient(base_url=base_url, headers=bearer(token), timeout=WAIT_SECONDS) as client:
            while not self._stopping:
                events = self._events()
                try:
                    await self._report(client, vendor, events)
                except httpx.TransportError:
                    self.promises[vendor.name].doubtful.append(events)
                    return
                finally:
                    self._answered.set()

    def _events(self) -> list[Event]:
        count = 1 if self._chance.random() < 0.5 else self._chance.randint(2, self._largest)
        first = self._sent
        self._sent += count
        return [Event(self._chance.choice(self.chains), f"{self.chains[0]}-marker-{first + n}.") for n in range(count)]

    async def _report(self, client: httpx.AsyncClient, vendor: Vendor, events: Sequence[Event]) -> None:
        promises = self.promises[vendor.name]
        path, body = vendor.request(events)
        response = await client.post(path, json=body)
        if response.status_code == 503:
            assert int(response.headers["Retry-After"]) >= 1
            assert response.json()["error"]
            promises.refused.update(events)
            await asyncio.sleep(0.01)  # as a client that is told to try later; a second would only cost time
        else:
            assert response.status_code == 201, response.text
            promises.acknowledged |= dict(zip(events, vendor.receipts(response.json()), strict=True))
