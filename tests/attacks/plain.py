"""A plain hash chain's verifier, to compare with: each entry holds the hash of the one before. No signatures, no tree.

It is given the best that such a chain can be: the hash is over all of an entry's fields and its payload, it is compared
with the one kept beside the entry too where there is one, and there is one chain for each chain of the ledger. What a
plain chain has not, it does not look at: a list of chains, numbers, positions, times, search columns, checkpoints, the
ledger's own chain, the name of the ledger.

Two of our own fields are read as what they would be there. A chain begins with a constant: whatever is the genesis of
any chain in any ledger is that constant. And the payload is in the hash itself: a payload that is not what the header
commits to, or is not there, is one that the hash does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Literal, NamedTuple

from affidavit.model.own import CHAIN

Verdict = Literal["found", "not noticed", "broken before"]
"""`broken before`: the data do not verify even before the attack, because an entry in them was erased."""
_FIELD = re.compile(rb'"(chain|payload|prev)":"([0-9a-f]+)"')


class Link(NamedTuple):
    """One entry as it lies there. `payload`: salt and payload; None where they are gone. `hash`: as kept."""

    header: bytes
    payload: bytes | None
    hash: bytes | None = None


def genesis_of(origins: Iterable[str], chains: Iterable[str]) -> frozenset[str]:
    """What stands for the constant: hex."""
    named = [b"affidavit/genesis/v1\0" + origin.encode() + b"\0" for origin in origins]
    return frozenset(sha256(name + bytes.fromhex(chain)).hexdigest() for chain in chains for name in named)


def of_clients(links: Iterable[Link]) -> list[Link]:
    """Without the ledger's own chain."""
    mark = b'"chain":"%s"' % CHAIN.hex().encode()
    return [link for link in links if mark not in link.header]


def fields_of(header: bytes) -> dict[str, str]:
    """Chain, payload and prev of a header, hex."""
    return {name.decode(): value.decode() for name, value in _FIELD.findall(header)}


def holds(links: Iterable[Link], constants: frozenset[str]) -> bool:
    """Whether every chain verifies, in the order in which its entries lie there."""
    tips: dict[str, str] = {}
    for link in links:
        fields = fields_of(link.header)
        if len(fields) < 3:
            return False
        digest = sha256(b"\0" + link.header)
        committed = link.payload is not None and sha256(b"affidavit/payload/v1\0" + link.payload).hexdigest()
        follows = fields["prev"] == tips[fields["chain"]] if fields["chain"] in tips else fields["prev"] in constants
        if not follows or committed != fields["payload"] or link.hash not in (None, digest.digest()):
            return False
        tips[fields["chain"]] = digest.hexdigest()
    return True


def verdict(before: list[Link], after: list[Link], origins: Iterable[str]) -> Verdict:
    """What it says of the attacked data."""
    constants = genesis_of(origins, {fields_of(link.header).get("chain", "") for link in (*before, *after)})
    if not holds(before, constants):
        return "broken before"
    return "not noticed" if holds(after, constants) else "found"
