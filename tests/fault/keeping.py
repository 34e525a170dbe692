"""Whether a server kept its promises: everything is read back over HTTP and held against what clients were told."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import httpx

from tests import tables
from tests.fault.load import Load, Promises
from tests.running import Running, run
from tests.vendors import VENDORS, Recorded, Vendor, bearer

CATCH_UP_SECONDS = 60


def hold(server: Running, load: Load) -> int:
    """Every promise holds, no chain has a gap or a fork. Returns how many events of this load are there.

    What was doubtful is known afterwards: it becomes acknowledged or refused.
    """
    return sum(_hold(server, vendor, load) for vendor in VENDORS)


def _hold(server: Running, vendor: Vendor, load: Load) -> int:
    promises = load.promises[vendor.name]
    with _client(server, vendor) as client:
        chains = {name: vendor.chain(client, name) for name in load.chains}
    recorded = {one.event: one.receipt for chain in chains.values() for one in chain}
    for name, chain in chains.items():
        assert_linked(chain)
        assert all(one.event.chain == name for one in chain)
    assert len(recorded) == sum(map(len, chains.values())), "an event is there twice"
    for event, receipt in promises.acknowledged.items():
        assert recorded.get(event) == receipt, f"{vendor.name} lost or changed {event}, answered as {receipt}"
    assert promises.refused.isdisjoint(recorded), "what was refused is there"
    _settle(promises, recorded)
    assert recorded.keys() == promises.acknowledged.keys(), "there is what nobody sent"
    return len(recorded)


def assert_linked(chain: list[Recorded]) -> None:
    """Every `prev` is the `hash` of the one before; the first has none."""
    assert [one.prev for one in chain] == [None, *[one.receipt.hash for one in chain]][: len(chain)]


def _settle(promises: Promises, recorded: dict[Any, Any]) -> None:
    for events in promises.doubtful:
        there = [event for event in events if event in recorded]
        assert there in ([], events), f"half of a request is there: {len(there)} of {len(events)} events"
        promises.acknowledged |= {event: recorded[event] for event in there}
        promises.refused.update(events if not there else ())
    promises.doubtful.clear()


def hold_totals(server: Running, load: Load, expected: int) -> None:
    """Counts and searches are right, before the index has caught up and after."""
    _totals(server, load, expected)
    wait_for_index(server.data, expected)
    _totals(server, load, expected)


def _totals(server: Running, load: Load, expected: int) -> None:
    total = 0
    for vendor in VENDORS:
        with _client(server, vendor) as client:
            total += vendor.total(client)
            assert vendor.found(client, list(load.promises[vendor.name].acknowledged)[-1]) == 1
    assert total == expected


def wait_for_index(data: Path, entries: int) -> None:
    """Until so many entries of clients, and the ledger's own, are in every part of the index."""
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while _indexed(data) < entries + _counted(data, "workspace = 0"):
        assert time.monotonic() < deadline, f"the index stays at {_indexed(data)} of {entries} entries"
        time.sleep(0.02)


def _indexed(data: Path) -> int:
    """How many entries every part of the index has."""
    connection = apsw.Connection(str(data / "index.sqlite"), flags=apsw.SQLITE_OPEN_READWRITE)
    with closing(connection):
        connection.set_busy_timeout(5000)
        return int(connection.execute("SELECT min(listed, searched) FROM marks").get)


def prove(data: Path) -> int:
    """`affidavit verify` says proven. Returns how many entries of clients it saw: not the ledger's own."""
    verified = run("verify", "--data", data, "--json")
    report = json.loads(verified.stdout)
    assert (report["status"], report["problems"]) == ("proven", []), report
    assert verified.returncode == 0
    return of_clients(data)


def of_clients(data: Path) -> int:
    """How many entries the ledger has but for those about itself, which come when they come."""
    return _counted(data, "workspace <> 0")


def _counted(data: Path, whose: str) -> int:
    ((count,),) = tables.ask(data, f"SELECT count(*) FROM affidavit.entries WHERE {whose}")
    return int(count)


def _client(server: Running, vendor: Vendor) -> httpx.Client:
    return httpx.Client(base_url=server.base_url, headers=bearer(server.key(vendor.name)), timeout=60)
