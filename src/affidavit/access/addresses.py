"""Callers without a key are told apart by where they come from."""

from __future__ import annotations

import ipaddress

IPV6_PREFIX_BITS = 64
"""What one customer has at the least (RFC 6177): within it a caller takes whatever address it likes."""


def network_of(address: str) -> str:
    """An IP address as the socket tells it -> what all addresses of one caller have in common; "" for none."""
    try:
        host = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(host, ipaddress.IPv4Address):
        return str(host)
    if host.ipv4_mapped is not None:
        return str(host.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(host), IPV6_PREFIX_BITS), strict=False))
