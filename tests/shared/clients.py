"""Clients of several servers: they go on, at another server if need be, and remember what they were promised."""

from __future__ import annotations

import asyncio
import random

import httpx

from tests.fault.keeping import hold
from tests.fault.load import WAIT_SECONDS, Load
from tests.shared.fleet import Fleet
from tests.vendors import VENDORS, Event, Vendor, bearer

CHAINS = 10
"""Of each dialect."""
LARGEST_BATCH = 6
PAUSE_SECONDS = 0.05
"""Before a client that got no answer tries again, or goes on."""
UNKNOWN = "is not known"
"""What a server says of a commit of which it does not know what became."""


class Clients(Load):
    """Half of them send with Idempotency-Keys, again and again until they are answered."""

    def __init__(self, fleet: Fleet, count: int, *, seed: int = 1, era: str = "") -> None:
        """`era` names the chains: those of another era are left alone."""
        super().__init__(random.Random(seed), era, LARGEST_BATCH)
        self.chains = [f"{era}chain-{number}" for number in range(CHAINS)]
        self.latest: dict[int, float] = {}
        self._fleet = fleet
        self._count = count
        self._tokens = {vendor.name: fleet.servers[0].key(vendor.name) for vendor in VENDORS}

    def go_on(self) -> None:
        """After `stop`."""
        self._stopping = False

    async def work(self) -> None:
        """Until `stop`."""
        async with asyncio.TaskGroup() as clients:
            for number in range(self._count):
                clients.create_task(self._work(number))

    async def _work(self, number: int) -> None:
        vendor, server = VENDORS[number % len(VENDORS)], number // 2
        limits = httpx.Limits(max_connections=2)
        async with httpx.AsyncClient(
            headers=bearer(self._tokens[vendor.name]), timeout=WAIT_SECONDS, limits=limits
        ) as client:
            while not self._stopping:
                if number % 4 < 2:
                    await self._send_once(client, vendor, server)
                else:
                    await self._send(client, vendor, server, self._events())
                self._answered.set()

    async def _send_once(self, client: httpx.AsyncClient, vendor: Vendor, server: int) -> None:
        """To one server after the other, until it is acknowledged, whether or not it was before."""
        events = self._events()
        async with asyncio.timeout(2 * WAIT_SECONDS):
            while not await self._send(client, vendor, server, events, key=events[0].marker):
                server += 1

    async def _send(
        self, client: httpx.AsyncClient, vendor: Vendor, server: int, events: list[Event], key: str = ""
    ) -> bool:
        """Returns whether it is acknowledged. What is sent without a key is not sent again."""
        promises = self.promises[vendor.name]
        path, body = vendor.request(events)
        number = server % len(self._fleet.servers)
        begun = asyncio.get_running_loop().time()
        try:
            url = self._fleet.servers[number].base_url + path
            response = await client.post(url, json=body, headers={"Idempotency-Key": key} if key else {})
        except httpx.TransportError:
            if not key:
                promises.doubtful.append(events)
            await asyncio.sleep(PAUSE_SECONDS)
            return False
        if response.status_code == 201:
            promises.acknowledged |= dict(zip(events, vendor.receipts(response.json()), strict=True))
            self.latest[number] = max(self.latest.get(number, 0.0), begun)
            return True
        assert response.status_code == 503, response.text
        if not key and UNKNOWN in response.text:
            promises.doubtful.append(events)
        elif not key:
            promises.refused.update(events)
        await asyncio.sleep(PAUSE_SECONDS)
        return False

    async def answered_by(self, server: int) -> None:
        """Returns once it has acknowledged what it was sent after this call."""
        now = asyncio.get_running_loop().time()
        await self.until(lambda: self.latest.get(server, 0.0) > now)

    def hold(self) -> int:
        """Every promise holds, as every server tells it. Returns how many events there are."""
        counts = {hold(server, self) for server in self._fleet.servers}
        assert len(counts) == 1
        return counts.pop()
