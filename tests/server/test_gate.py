"""Keys are looked up as long as an address has not shown too many that are none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from affidavit.access.admission import FRESH_SECONDS, Admission
from affidavit.access.keys import Key, digest_of
from affidavit.access.rates import Rates
from affidavit.errors import RateLimited, Unauthenticated
from affidavit.model.draft import Workspace
from affidavit.server.exchange import Exchange
from affidavit.server.gate import Gate
from affidavit.server.limits import Budget, Share
from affidavit.server.lookups import Lookups
from affidavit.server.router import Match
from affidavit.server.threads import Threads
from affidavit.storage.memory import MemoryStore
from tests.server.inprocess import READ, dialect

MATCH = Match(dialect(), READ, {})
FAILURES = 10
"""A minute, from one address."""


class Keys(MemoryStore):
    """Counts how often a key is looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_up = 0

    def key_with_digest(self, digest: bytes) -> Key | None:
        self.looked_up += 1
        return super().key_with_digest(digest)


class Door:
    """A gate, and the clock that the test turns. Callers come from `address` with a token."""

    def __init__(self, threads: Threads | None) -> None:
        """`threads`: where keys are looked up; None for at once."""
        self.keys = Keys()
        self._workspace = self.keys.add_workspace("default", bytes(16))
        self.now = 1_790_000_000.0
        admission = Admission(self.keys, lambda: self.now)
        self._gate = Gate(
            admission, Rates(0, lambda: self.now), Rates(FAILURES, lambda: self.now),
            self._workspace, True, nowhere, lookups=threads and Lookups(admission.look_up, threads),
        )  # fmt: skip

    def come(self, token: str, address: str = "192.0.2.1") -> str:
        """Who is admitted."""
        memory = Budget(1, "")
        headers = {"authorization": f"Bearer {token}"}
        exchange = Exchange(
            "", "GET", READ.path, b"", headers, address, 0, memory, Share(memory), Share(memory)
        )  # fmt: skip
        return asyncio.run(self._gate.admit(exchange, MATCH)).by

    def make_key(self, token: str) -> None:
        """As `affidavit key create` beside the server."""
        self.keys.add_key(Key(f"key_{token}", self._workspace, MATCH.dialect.name, ("*",), digest_of(token), 0))


def nowhere(dialect: str, chain_key: str) -> Workspace | None:
    return None


@pytest.fixture(params=["at once", "in threads"])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    with Threads("keys", 1, 1) as threads:
        yield Door(threads if request.param == "in threads" else None)


def exhaust(door: Door, address: str = "192.0.2.1") -> None:
    """Show keys that are none until no more may come."""
    for number in range(FAILURES):
        with pytest.raises(Unauthenticated):
            door.come(f"als_{number}", address)


def test_unknown_keys_of_one_address_are_looked_up_so_often_and_not_again(door: Door) -> None:
    exhaust(door)
    for number in range(100):
        with pytest.raises(RateLimited):
            door.come(f"als_more{number}")
    assert door.keys.looked_up == FAILURES
    door.now += 60 / FAILURES
    with pytest.raises(Unauthenticated):
        door.come("als_later")
    assert door.keys.looked_up == FAILURES + 1


def test_another_address_is_not_held_to_account_but_its_own_network_is(door: Door) -> None:
    exhaust(door, "2001:db8::1")
    with pytest.raises(RateLimited):
        door.come("als_more", "2001:db8::ffff:2")
    for address in ("2001:db8:0:1::1", "192.0.2.2", ""):
        with pytest.raises(Unauthenticated):
            door.come("als_more", address)


def test_a_key_that_was_good_is_looked_up_again_all_the_same(door: Door) -> None:
    """It may have been revoked: that it is admitted takes nothing from its address, and needs nothing of it."""
    door.make_key("als_good")
    assert door.come("als_good") == "key_als_good"
    exhaust(door)
    door.now += FRESH_SECONDS
    before = door.keys.looked_up
    assert door.come("als_good") == "key_als_good"
    assert door.keys.looked_up == before + 1


def test_a_new_key_is_good_as_soon_as_its_address_may_ask_again(door: Door) -> None:
    with pytest.raises(Unauthenticated):
        door.come("als_new")
    door.make_key("als_new")
    assert door.come("als_new") == "key_als_new"
    exhaust(door, "192.0.2.9")
    door.make_key("als_newer")
    with pytest.raises(RateLimited) as refused:
        door.come("als_newer", "192.0.2.9")
    door.now += refused.value.retry_after
    assert door.come("als_newer", "192.0.2.9") == "key_als_newer"
