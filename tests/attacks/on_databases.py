"""Attacks on a ledger in PostgreSQL, by who owns its tables. What `affidavit verify` says of each: docs/attacks.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.core.tiles import TILE_WIDTH
from affidavit.model import own
from affidavit.model.draft import Submission
from tests.attacks import databases, grounds
from tests.attacks.grounds import Hand
from tests.attacks.on_directories import (
    Strike,
    changed_and_relinked,
    renumbered,
    spliced,
    swap,
    without,
)

THERE = "(chain, seq) = (SELECT chain, seq FROM affidavit.placed WHERE position = {0})"
EMPTY = (
    "UPDATE affidavit.chains SET erased = erased + 1 WHERE chain = "
    "(SELECT chain FROM affidavit.placed WHERE position = {0});"
    "UPDATE affidavit.entries SET salt = '', payload = '', agent = NULL, session = NULL, severity = NULL, type = '', "
    "time = at WHERE " + THERE
)
"""What a lawful erasure leaves of an entry."""
ANNS = "(SELECT chain FROM affidavit.placed WHERE position = 0)"
BENS = "(SELECT chain FROM affidavit.placed WHERE position = 1)"


def statements(text: str) -> Strike:
    """SQL."""
    return lambda data, _: databases.sql(data, text)


def column(name: str, value: str, position: int = 2) -> Strike:
    """One column of one entry is another."""
    return statements(f"UPDATE affidavit.entries SET {name} = {value} WHERE {THERE.format(position)}")


def edit(change: Callable[[list[Entry]], list[Entry]]) -> Strike:
    """All entries are edited; runs, heads and the size are made to fit."""
    return lambda data, _: databases.lay(data, change(databases.rows(data)))


def hollow(data: Path, _: dict[str, Path]) -> None:
    """The ledger says that it erased an entry, whose payload is still there."""
    hand = Hand(data)
    identity = uuid_text(databases.rows(data)[2].id)
    hand.submit(own.submission("erasure", {"authority": "a", "entries": [identity], "reason": "r"}, grounds.START))
    hand.store.close()


def undone(data: Path, copies: dict[str, Path]) -> None:
    """What was erased is put back from an older copy, row and all."""
    kept = databases.rows(copies["whole"])[2]
    databases.lay(data, [kept if entry.position == 2 else entry for entry in databases.rows(data)])


def tile(data: Path, _: dict[str, Path]) -> None:
    """Of the level that is kept: it takes so many entries that there is one."""
    hand = Hand(data)
    drafts = [hand.draft("provenlog", "ann", number) for number in range(TILE_WIDTH)]
    hand.submit(Submission(hand.workspace, "provenlog", "key_1", grounds.START + 9_000_000, drafts))
    hand.seal()
    hand.store.close()
    databases.sql(data, "UPDATE affidavit.tiles SET hashes = sha256(hashes) WHERE level = 1")


def put_back(data: Path, copies: dict[str, Path]) -> None:
    """An old backup of the database stands in its place, beside the newest `checkpoint`."""
    (data / "store").write_text((copies["old"] / "store").read_text())


def unsealed(data: Path, _: dict[str, Path]) -> None:
    """By somebody without the key: rewritten as far as that goes, and everything that was signed is taken away."""
    mine = [entry for entry in databases.rows(data) if entry.chain != own.CHAIN]
    databases.lay(data, changed_and_relinked(mine))
    databases.sql(data, "TRUNCATE affidavit.checkpoints, affidavit.tiles, affidavit.texts")
    databases.sql(data, "UPDATE affidavit.marks SET searched = 0")
    (data / "checkpoint").unlink()


CHANGED = "convert_to(replace(convert_from(payload, 'UTF8'), '\"n\":\"2\"', '\"n\":\"9\"'), 'UTF8')"
DAMAGED = (
    "convert_to(replace(convert_from(note, 'UTF8'), 'attacked.example/ledger ', 'attacked.example/ledger A'), 'UTF8')"
)
SWAPPED = (
    "UPDATE affidavit.entries e SET payload = k.payload, salt = k.salt FROM affidavit.placed k "
    "WHERE k.chain = e.chain AND (k.position, e.seq) IN ((2, 3), (4, 2))"
)
RUN = "UPDATE affidavit.runs SET {0} WHERE position = {1}"
ARRIVED = "INSERT INTO affidavit.arrivals VALUES ('\\x00', ARRAY[{0}], ARRAY[{1}], ARRAY[1], ARRAY['\\x00'::bytea])"

DATABASES: dict[str, Strike] = {
    "A byte of a payload": column("payload", CHANGED),
    "A payload silently removed": statements(EMPTY.format(2)),
    "Payloads swapped between entries": statements(SWAPPED),
    "An erasure recorded and not done (hollow)": hollow,
    "An entry deleted from the middle of a chain": statements(f"DELETE FROM affidavit.entries WHERE {THERE.format(4)}"),
    "An entry deleted from the middle of a chain, and runs, heads and the size made to fit": edit(without(4)),
    "The last entry of a chain deleted": statements(f"DELETE FROM affidavit.entries WHERE {THERE.format(8)}"),
    "The last entry of a chain deleted, and all made to fit": edit(without(8)),
    "Everything from an entry on deleted, and all made to fit": edit(without(7, 8, 9)),
    "A whole chain deleted, and all made to fit": edit(without(1, 3, 6)),
    "An entry inserted that nobody sent": edit(lambda entries: renumbered(spliced(entries))),
    "Two entries of different chains change places": edit(swap(2, 3)),
    "A payload changed, and its chain hashed and linked anew": edit(changed_and_relinked),
    "Two runs that overlap": statements(RUN.format("position = 2", 3)),
    "Two runs that change places": statements(RUN.format("position = 5 - position", "2 OR position = 3")),
    "A run that is longer than what was committed": statements(RUN.format("size = 2", 2)),
    "A run that is gone": statements("DELETE FROM affidavit.runs WHERE position = 3"),
    "A run moved beyond the end": statements(RUN.format("position = 20", 9)),
    "An arrival of what nobody committed": statements(ARRIVED.format(ANNS, 99)),
    "An arrival of what has its position": statements(ARRIVED.format(ANNS, 2)),
    "The ledger's size, too small": statements("UPDATE affidavit.ledger SET size = size - 1"),
    "The ledger's size, too large": statements("UPDATE affidavit.ledger SET size = size + 1"),
    "The ledger under another name": statements("UPDATE affidavit.ledger SET origin = 'other.example/ledger'"),
    "A chain's head moved back": statements(
        "UPDATE affidavit.chains c SET seq = p.seq, hash = p.hash, at = p.at FROM affidavit.placed p "
        "WHERE p.position = 7 AND c.chain = p.chain"
    ),
    "A chain gone from the list of chains": statements(f"DELETE FROM affidavit.chains WHERE chain = {BENS}"),
    "A chain listed under another key": statements(f"UPDATE affidavit.chains SET key = 'eve' WHERE chain = {BENS}"),
    "An edited search column": column("agent", "'somebody else'"),
    "An entry given to another tenant": column("workspace", "9"),
    "An edited search text": statements("UPDATE affidavit.texts SET text = 'nothing'"),
    "A stored checkpoint's root": statements("UPDATE affidavit.checkpoints SET root = sha256('')"),
    "A stored checkpoint's signature": statements(f"UPDATE affidavit.checkpoints SET note = {DAMAGED}"),
    "A tile": tile,
    "The newest checkpoint deleted": statements(
        "DELETE FROM affidavit.checkpoints WHERE size = (SELECT max(size) FROM affidavit.checkpoints)"
    ),
    "An old backup of the database beside the newest `checkpoint`": put_back,
    "Everything rewritten, and all that was signed taken away": unsealed,
}
ERASED: dict[str, Strike] = {
    "An erasure undone": undone,
    "The erasure itself emptied": statements(EMPTY.format(10)),
}
"""On a ledger that has erased an entry."""
