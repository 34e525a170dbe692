"""Order under concurrency, as clients see it: whole chains, whole batches, exact totals."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from affidavit.core import ids
from tests.concurrency.conftest import CHAINS, CLIENTS, Traffic
from tests.fault.keeping import assert_linked, prove
from tests.vendors import VENDORS, Recorded, Vendor, bearer

pytestmark = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)


@pytest.fixture
def client(traffic: Traffic, vendor: Vendor) -> Iterator[httpx.Client]:
    """Reads what was recorded."""
    token = traffic.server.key(vendor.name)
    with httpx.Client(base_url=traffic.server.base_url, headers=bearer(token), timeout=60) as client:
        yield client


@pytest.fixture
def chains(client: httpx.Client, vendor: Vendor) -> dict[str, list[Recorded]]:
    """Every chain of the dialect."""
    return {name: vendor.chain(client, name) for name in (f"chain-{number}" for number in range(CHAINS))}


def test_chains_have_no_gap_and_no_fork(chains: dict[str, list[Recorded]], vendor: Vendor) -> None:
    """`prev` of each is `hash` of the one before, all the way; no hash comes twice."""
    for chain in chains.values():
        assert len(chain) > CLIENTS
        assert_linked(chain)
    hashes = [one.receipt.hash for chain in chains.values() for one in chain]
    assert len(set(hashes)) == len(hashes)


def test_everything_answered_is_there_and_nothing_else(
    traffic: Traffic, chains: dict[str, list[Recorded]], vendor: Vendor
) -> None:
    """Under the id and hash that its client was told, in its own chain."""
    answered = {event: receipt for request in traffic.of(vendor) for event, receipt in request.recorded.items()}
    assert {one.event: one.receipt for chain in chains.values() for one in chain} == answered
    assert {one.event.chain for chain in chains.values() for one in chain} == chains.keys()


def test_a_request_is_recorded_in_one_piece(
    traffic: Traffic, chains: dict[str, list[Recorded]], vendor: Vendor
) -> None:
    """In every chain it touches, its events follow one another, in the order they were sent in."""
    places = {one.event: place for chain in chains.values() for place, one in enumerate(chain)}
    for request in traffic.of(vendor):
        for name in chains:
            found = [places[event] for event in request.recorded if event.chain == name]
            assert found == list(range(found[0], found[0] + len(found))) if found else True


def test_flaws(traffic: Traffic, vendor: Vendor) -> None:
    """A batch with a flaw is refused as a whole by AgentLens; ProvenLog refuses the flaw only."""
    flawed = [request for request in traffic.of(vendor) if request.flawed is not None]
    assert len(flawed) > CLIENTS / 2
    for request in flawed:
        if vendor.name == "agentlens":
            assert (request.status, request.recorded) == (400, {})
        else:
            assert (request.status, len(request.recorded)) == (207, len(request.events) - 1)
    assert all(request.status == 201 for request in traffic.of(vendor) if request.flawed is None)


def test_ids_grow_on_each_connection(traffic: Traffic, vendor: Vendor) -> None:
    """Text order is order of recording, in both spellings."""
    for number in range(CLIENTS):
        told = [
            receipt.id
            for request in traffic.of(vendor)
            if request.client == number
            for receipt in request.recorded.values()
        ]
        assert told == sorted(set(told))


def test_answers_name_their_entries(traffic: Traffic, vendor: Vendor) -> None:
    """`Affidavit-Entries`: the first and the last id as UUIDs; none where nothing was recorded."""
    for request in traffic.of(vendor):
        told = [ids.parse(receipt.id) for receipt in request.recorded.values()]
        spanned = [ids.parse(end) for end in request.span.split("..")] if request.span else []
        assert spanned == ([told[0], told[-1]] if told else [])


def test_totals(traffic: Traffic, client: httpx.Client, vendor: Vendor) -> None:
    """Exact, for the dialect and, as `verify` counts beside the running server, for the ledger."""
    assert vendor.total(client) == sum(len(request.recorded) for request in traffic.of(vendor))
    assert prove(traffic.server.data) == sum(len(request.recorded) for request in traffic.requests)
