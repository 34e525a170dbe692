"""Addresses of one caller are one network, whichever of them it takes; others' are others."""

from __future__ import annotations

import pytest

from affidavit.access.addresses import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("/run/affidavit.sock", ""),
    ],
)
def test_network(address: str, network: str) -> None:
    assert network_of(address) == network
