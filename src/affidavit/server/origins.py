"""Who may talk to a server that asks for no key: programs on this machine, not the web pages open in its browser."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from affidavit.errors import Forbidden


def refuse_foreign(headers: Mapping[str, str]) -> None:
    """Raises Forbidden for a request that a web page elsewhere caused (Origin), or a name rebound to us (Host)."""
    for name, url in (("Host", "//" + headers.get("host", "localhost")), ("Origin", headers.get("origin", ""))):
        if url and not _is_local(url):
            raise Forbidden(
                f"this server runs open, for programs on this machine only, and the request's {name} is "
                f"{headers[name.lower()][:100]!r}: start it without --open and use a key"
            )


def _is_local(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
