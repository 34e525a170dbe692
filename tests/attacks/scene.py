"""What attacks on bundles begin with: a real ledger in memory, its bundles, and an auditor who trusts its key."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from affidavit.core.bundle import Scope
from affidavit.core.merkle import root_of
from affidavit.core.multiproof import multiproof_spans
from tests.attacks.plain import Link, of_clients
from tests.evidence import cases
from tests.evidence.cases import ALL, BOB, ORIGIN, Auditor, Ledger, Members, Witness
from tests.evidence.test_failures import Change

OTHER = "other.example/ledger"
WITNESSES = [Witness(f"witness.example/{number}", 20 + number) for number in (1, 2)]
QUORUM = (
    "".join(f"witness w{number} {w.key}\n" for number, w in enumerate(WITNESSES))
    + "group both all w0 w1\nquorum both\n"
)
"""A policy that demands both."""
DAY = 86_400


class Brought(NamedTuple):
    """Who verifies what. `honest`: the bundle that it was, for a plain chain to begin with."""

    auditor: Auditor
    bundle: bytes
    honest: bytes


class Grown(NamedTuple):
    """A ledger of 10 entries. `first`: its checkpoint of 7. `receipt`: for entries 0 and 1.

    Entries 0, 1, 3 and 7 are one chain, 2 and 8 another of another tenant, 4 and 5 a third; 6 and 9 are heads.
    """

    ledger: Ledger
    first: bytes
    receipt: bytes

    def brought(self, scope: Scope, change: Change | None = None, **demands: Any) -> Brought:
        """A bundle, changed, to an auditor with these demands."""
        honest = self.ledger.bundle(scope)
        members = cases.members_of(honest)
        if change is not None:
            change(members)
        return Brought(cases.auditor(self.ledger, **demands), cases.packed(members), honest)


def grown(origin: str = ORIGIN, seed: int = 1, second: int = 2, third: int = 0, sealed: bool = True) -> Grown:
    """All bytes the same each time. `second`: what the second event says; `third`: an entry more, if not 0.

    Not `sealed`: nothing is signed yet.
    """
    ledger = Ledger(origin, seed)
    receipt = ledger.receipt(ledger.record("one", {"n": 1}, {"n": second}))
    ledger.record("two", {"n": 3}, workspace=BOB)
    ledger.record("one", {"n": 4})
    ledger.record("three", {"n": 5}, {"n": 6}, dialect="provenlog")
    ledger.record_heads()
    first = ledger.seal().note if sealed else b""
    ledger.record("one", {"n": 7})
    ledger.record("two", {"n": 8}, workspace=BOB)
    ledger.record_heads()
    if third:
        ledger.record("one", {"n": third})
    if sealed:
        ledger.seal()
    return Grown(ledger, first, receipt)


def old() -> Grown:
    """The same ledger when its first checkpoint was signed: a backup of that day."""
    ledger = Ledger()
    receipt = ledger.receipt(ledger.record("one", {"n": 1}, {"n": 2}))
    ledger.record("two", {"n": 3}, workspace=BOB)
    ledger.record("one", {"n": 4})
    ledger.record("three", {"n": 5}, {"n": 6}, dialect="provenlog")
    ledger.record_heads()
    return Grown(ledger, ledger.seal().note, receipt)


def select(members: Members, ledger: Ledger, left_out: set[int]) -> None:
    """Leave entries out of a bundle as its maker can: with the proof and the count that fit."""
    entries = ledger.store.scan(0, 1_000)
    there = [int(line.partition(b" ")[0]) for line in members["headers"].splitlines()]
    for name in ("headers", "payloads"):
        found = zip(there, members[name].splitlines(keepends=True), strict=True)
        members[name] = b"".join(line for position, line in found if position not in left_out)
    positions = [position for position in there if position not in left_out]
    roots = [root_of(e.hash for e in entries[start:end]) for start, end in multiproof_spans(positions, len(entries))]
    members["nodes"] = b"".join(root.hex().encode() + b"\n" for root in roots)
    members["bundle.json"] = re.sub(rb'"entries":\d+', b'"entries":%d' % len(positions), members["bundle.json"])


def links(bundle: bytes) -> list[Link]:
    """The entries as a plain chain has them, whatever lies there."""
    members = cases.members_of(bundle)
    payloads = members["payloads"].splitlines()
    found = []
    for at, line in enumerate(members["headers"].splitlines()):
        salt, _, payload = payloads[at].partition(b" ") if at < len(payloads) else (b"", b"", b"")
        whole = bytes.fromhex(salt.decode()) + payload if re.fullmatch(rb"[0-9a-f]{32}", salt) else None
        found.append(Link(line.partition(b" ")[2], whole))
    return of_clients(found)


def says(auditor: Auditor, bundle: bytes) -> str:
    """What the verifier says, as docs/attacks.md has it."""
    try:
        report = auditor.report(bundle)
    except ValueError as error:  # before anything is verified; the program says it, and its exit code is 2
        return "refused: the policy" if "policy" in str(error) else f"refused: {error}"
    codes = ", ".join(dict.fromkeys(f"`{problem['code']}`" for problem in report.problems))
    if report.exit == 0:
        open_ = ", ".join(f"`{code}`" for code, _ in report.not_proven)
        told = "; asserted only: `scope`" if "scope" in dict(report.asserted) else ""
        return f"proven; not proven: {open_}{told}"
    return {1: "", 2: "malformed: ", 3: "policy: "}[report.exit] + codes


__all__ = ["ALL", "Brought", "Change", "Grown", "grown", "links", "old", "says", "select"]
