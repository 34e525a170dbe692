"""Where attacks take place: a data directory with a real ledger, made by the parts of a server."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import apsw
from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.core.entry import SALT_BYTES, Entry, entry_hash, genesis, payload_commitment
from affidavit.ledger.erasure import Grounds, erasure
from affidavit.ledger.sequencer import Sequencer
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Draft, Submission
from affidavit.wiring.directory import initialise
from affidavit.wiring.ledger import open_store, projector
from affidavit.wiring.place import Place, place_in
from affidavit.wiring.sealing import seal_all, sealer_of
from tests.attacks.plain import Link, of_clients
from tests.invoking import invoke

ORIGIN, OTHER = "attacked.example/ledger", "other.example/ledger"
START = 1_790_000_000_000_000
OLD = 6
"""Entries in the old backup: 0 to 4 of clients, 5 of the ledger's own."""
NEW = 10
"""In the ledger: 0, 2, 4, 7, 8 are one chain of ProvenLog, 1, 3, 6 one of AgentLens, 5 and 9 the ledger's own."""


class Hand:
    """Records and seals, as a server does, in a data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.store = open_store(place_in(data), exclusive=True)
        self.tree = Tree(self.store)
        self.sequencer = Sequencer(self.store, self.store.origin, entropy=os.urandom)
        self.sealer = sealer_of(self.store, data, self.tree)
        (self.workspace,) = self.store.workspaces()

    def record(self, dialect: str, name: str, number: int, **more: Any) -> Entry:
        """An event for the chain of this name."""
        draft = self.draft(dialect, name, number, **more)
        return self.submit(Submission(self.workspace, dialect, "key_1", START + number * 1_000_000, [draft]))

    def draft(self, dialect: str, name: str, number: int, **more: Any) -> Draft:
        """The event, not recorded yet."""
        payload = canonical.encode(_event(dialect, name, number) | more)
        return Draft(payload, projector()(dialect, payload))  # type: ignore[arg-type]

    def submit(self, submission: Submission) -> Entry:
        """Record it now."""
        ticket: Future[list[Entry]] = Future()
        self.sequencer.submit(submission, ticket)
        self.sequencer.turn()
        return ticket.result(0)[0]

    def seal(self) -> None:
        """Heads, checkpoint, index."""
        seal_all(self.store, self.sequencer, self.sealer)
        while self.store.index(1_000):
            pass


def _event(dialect: str, name: str, number: int) -> Any:
    if dialect == "provenlog":
        return {"agent_id": name, "action_type": "TOOL_CALL", "labels": {"n": str(number)}}
    said = {"type": "load", "data": {"n": number}}
    return {"sessionId": name, "agentId": "agent", "eventType": "custom", "payload": said}


def make(
    directory: Path, origin: str = ORIGIN, url: str = "", copied: Callable[[Path, Path], Path] = shutil.copytree
) -> dict[str, Path]:
    """Copies of one ledger: `old`, a backup; `whole`, what it grew to; `erased`, with one entry of it erased.

    `url`: an empty database that it is to be in; then `copied` copies that too.
    """
    data = directory / "whole"
    initialise(Place(data, url), origin)
    hand = Hand(data)
    for number in range(5):
        hand.record(*[("provenlog", "ann"), ("agentlens", "ben")][number % 2], number)
    hand.seal()
    hand.store.close()
    old = copied(data, directory / "old")
    hand = Hand(data)
    for number, chain in ((6, ("agentlens", "ben")), (7, ("provenlog", "ann")), (8, ("provenlog", "ann"))):
        hand.record(*chain, number)
    hand.seal()
    hand.store.close()
    erased = copied(data, directory / "erased")
    hand = Hand(erased)
    hand.submit(erasure(hand.store.scan(2, 1), Grounds("asked", "a court"), START + 10_000_000))
    hand.store.clean()
    hand.seal()
    hand.store.close()
    return {"old": old, "whole": data, "erased": erased}


def sql(data: Path, statements: str, file: str = "ledger.sqlite") -> None:
    """What somebody does who has the file and knows its schema."""
    with closing(apsw.Connection(str(data / file))) as connection:
        connection.execute(statements)


def rows(data: Path) -> list[Entry]:
    """The entries, in the order of their positions."""
    with closing(apsw.Connection(str(data / "ledger.sqlite"))) as connection:
        return [Entry(*row) for row in connection.execute("SELECT * FROM entries ORDER BY position")]


def links(data: Path) -> list[Link]:
    """The same as a plain chain has them: without salts, so that none can be too short."""
    return of_clients(
        Link(e.header, e.salt + e.payload if len(e.salt) == SALT_BYTES else None, e.hash) for e in rows(data)
    )


def rewrite(data: Path, entries: list[Entry]) -> None:
    """Put these entries in the place of all, and set every chain's head to its last."""
    names = Entry.__struct_fields__
    with closing(apsw.Connection(str(data / "ledger.sqlite"))) as connection, connection:
        connection.execute("DELETE FROM entries")
        for entry in entries:
            marks = ",".join("?" * len(names))
            connection.execute(f"INSERT INTO entries VALUES ({marks})", [getattr(entry, name) for name in names])
        tips = {entry.chain: entry for entry in entries}
        for (chain,) in connection.execute("SELECT chain FROM chains").fetchall():
            if chain not in tips:
                connection.execute("DELETE FROM chains WHERE chain = ?", (chain,))
        for tip in tips.values():
            head = (tip.seq, tip.hash, tip.at, tip.chain)
            connection.execute("UPDATE chains SET seq = ?, hash = ?, at = ? WHERE chain = ?", head)


def relinked(entries: list[Entry], origin: str = ORIGIN) -> list[Entry]:
    """Positions, numbers, commitments, links and hashes made anew: every chain is whole again."""
    tips: dict[bytes, tuple[int, bytes]] = {}
    done = []
    for position, entry in enumerate(entries):
        seq, prev = tips.get(entry.chain, (0, genesis(origin, entry.chain)))
        commitment = entry.commitment if entry.erased else payload_commitment(entry.salt, entry.payload)
        new = replace(entry, position=position, seq=seq + 1, prev=prev, commitment=commitment)
        new = replace(new, hash=entry_hash(new.header))
        tips[new.chain] = (new.seq, new.hash)
        done.append(new)
    return done


def edited(data: Path, edit: Callable[[list[Entry]], list[Entry]]) -> None:
    """Rewrite the entries as `edit` makes them of those that are there."""
    rewrite(data, edit(rows(data)))


def verify(data: Path) -> list[str]:
    """The codes that `affidavit verify DIR` gives, each once, sorted; none: proven."""
    outcome = invoke("verify", data, "--json")
    if outcome.code == 2:
        assert outcome.stderr.startswith("affidavit: ")
        return ["refused"]
    report = json.loads(outcome.stdout)
    assert (outcome.code == 0) == (report["status"] == "proven") == (not report["problems"])
    return sorted({problem["code"] for problem in report["problems"]})


def says(data: Path) -> str:
    """The same, as docs/attacks.md has it. Where nothing is found the report says what that does not prove."""
    if codes := verify(data):
        return ", ".join(f"`{code}`" for code in codes)
    for_people = " ".join(invoke("verify", data).stdout.split())
    assert "Not proven: that the whole ledger was not rewritten" in for_people
    return "proven; not proven: that it was not rewritten whole"


def digest_of(data: Path) -> bytes:
    """Of all files, to show that an attack changed something."""
    digest = sha256()
    for file in sorted(data.rglob("*")):
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.digest()
