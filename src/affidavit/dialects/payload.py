"""The payload of a draft: an event as its client sent it, in canonical JSON."""

from __future__ import annotations

from typing import Any

from affidavit.core import canonical
from affidavit.dialects.contract import MAX_EVENT_BYTES
from affidavit.errors import TooLarge


def payload_of(event: Any, name: str) -> bytes:
    """A value that `canonical.parse` returned -> its canonical JSON.

    `name`: what a refusal calls it. Raises TooLarge beyond MAX_EVENT_BYTES, InvalidJson where it nests too deep.
    """
    payload = canonical.encode(event)
    if len(payload) > MAX_EVENT_BYTES:
        raise TooLarge(
            f"{name} has {len(payload)} bytes, an event may have {MAX_EVENT_BYTES}: nothing was stored, "
            "send this event in smaller parts",
            limit=MAX_EVENT_BYTES,
        )
    return payload
