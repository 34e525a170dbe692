"""The bundle: what its members are, and how their lines read. See docs/formats/bundle.md.

What makes one is ledger/bundles.py. What verifies one is verifier/, written apart from this on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import msgspec

from affidavit.core import canonical
from affidavit.core.entry import SALT_BYTES, chain_id

FORMAT: Final = "affidavit-bundle/1"
README, CLAIMS, CHECKPOINT = "README.txt", "bundle.json", "checkpoint"
HEADERS, PAYLOADS, NODES, HEADS, TIMESTAMP = "headers", "payloads", "nodes", "heads", "timestamp.tsr"
LEDGER_CHAIN: Final = chain_id(bytes(SALT_BYTES), "affidavit", "ledger")
"""The ledger's own chain, whose workspace salt everybody knows."""
ERASED: Final = b"erased\n"
MAX_SMALL_BYTES: Final = 64 << 10
"""Of each member but headers, payloads, nodes and heads."""
MAX_EARLIER: Final = 100
"""Earlier checkpoints in a bundle, and rotations."""
BLOCK_BYTES: Final = 1 << 18

Kind = Literal["all", "chain", "agent", "session", "range"]


class Scope(msgspec.Struct, frozen=True):
    """What a bundle is of. `chain`: 16 bytes; `name` of an agent or a session; `since`, `until`: µs, both included."""

    kind: Kind
    chain: bytes = b""
    dialect: str = ""
    name: str = ""
    since: int | None = None
    until: int | None = None

    def described(self) -> dict[str, Any]:
        """As bundle.json has it."""
        if self.kind == "chain":
            return {"kind": self.kind, "chain": self.chain.hex()}
        if self.kind in ("agent", "session"):
            return {"kind": self.kind, "dialect": self.dialect, "name": self.name}
        limits = {"from": self.since, "to": self.until}
        return {"kind": self.kind} | {name: limit for name, limit in limits.items() if limit is not None}


def claims(origin: str, scope: Scope, entries: int) -> bytes:
    """bundle.json."""
    fields = {"entries": entries, "format": FORMAT, "origin": origin, "scope": scope.described()}
    return canonical.encode(fields) + b"\n"


def header_line(position: int, header: bytes) -> bytes:
    """A line of `headers`."""
    return b"%d %s\n" % (position, header)


def payload_line(salt: bytes, payload: bytes) -> bytes:
    """A line of `payloads`; of one that is erased ERASED."""
    return b"%s %s\n" % (salt.hex().encode(), payload)


def hash_line(digest: bytes) -> bytes:
    """A line of `nodes`, of `heads` and of a consistency proof."""
    return b"%s\n" % digest.hex().encode()


def heads_member(position: int, leaves: Iterable[tuple[int, bytes]], nodes: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of `heads`: where the entry with the root lies, the (index, leaf) of chains, nodes of their tree."""
    yield b"%d\n" % position
    for index, leaf in leaves:
        yield b"%d %s\n" % (index, leaf)
    yield b"\n"
    yield from map(hash_line, nodes)


def earlier_names(size: int) -> tuple[str, str]:
    """The members for an earlier checkpoint, and for the proof from it to the bundle's."""
    return f"earlier/{size}/checkpoint", f"earlier/{size}/consistency"


def key_name(number: int) -> str:
    """The member for the ledger's rotation of this number, from 1."""
    return f"keys/{number}"


def blocks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines put together, so that they are written in fewer pieces."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= BLOCK_BYTES:
            yield b"".join(held)
            held.clear()
            size = 0
    yield b"".join(held)
