"""A ledger, and who asks it: the owner of the page's agent, somebody without a key, another workspace."""

from __future__ import annotations

import pytest

from tests.dialects.asn import page
from tests.dialects.asn.calling import Caller, Ledger


@pytest.fixture
def ledger() -> Ledger:
    """An empty ledger."""
    return Ledger()


@pytest.fixture
def owner(ledger: Ledger) -> Caller:
    """The workspace in which the page's agent is registered."""
    caller = Caller(ledger, "acme")
    caller.register(page.ASN)
    return caller


@pytest.fixture
def public(ledger: Ledger) -> Caller:
    """A caller without a key."""
    return Caller(ledger, "")


@pytest.fixture
def other(ledger: Ledger) -> Caller:
    """A caller with another workspace's key."""
    return Caller(ledger, "other")
