"""Attacks on a data directory. What `affidavit verify DIR` says of each is in docs/attacks.md."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec.structs import replace

from affidavit.core.entry import Entry, entry_hash
from affidavit.core.ids import uuid_text
from affidavit.model import own
from tests.attacks import grounds
from tests.attacks.grounds import Hand, edited, relinked, rows, sql

Strike = Callable[[Path, dict[str, Path]], None]
"""Done to a copy; the second argument are the other copies of the ledger, and `other`, another ledger."""


def statements(text: str, file: str = "ledger.sqlite") -> Strike:
    """SQL."""
    return lambda data, _: sql(data, text, file)


def column(name: str, value: str, position: int = 2) -> Strike:
    """One column of one entry is another."""
    return statements(f"UPDATE entries SET {name} = {value} WHERE position = {position}")


def edit(change: Callable[[list[Entry]], list[Entry]]) -> Strike:
    """All entries are edited, and the list of chains is made to fit."""
    return lambda data, _: edited(data, change)


def without(*positions: int) -> Callable[[list[Entry]], list[Entry]]:
    """Entries are cut out; those behind them move up."""
    return lambda entries: renumbered(entry for entry in entries if entry.position not in positions)


def renumbered(entries: Iterable[Entry]) -> list[Entry]:
    """At 0, 1, 2, ..."""
    return [replace(entry, position=position) for position, entry in enumerate(entries)]


def swap(one: int, other: int) -> Callable[[list[Entry]], list[Entry]]:
    """Two entries change places."""

    def change(entries: list[Entry]) -> list[Entry]:
        entries[one], entries[other] = entries[other], entries[one]
        return renumbered(entries)

    return change


def replayed(entries: list[Entry]) -> list[Entry]:
    """The first entry once more, at the end, with an id of its own: all there is that must differ."""
    return renumbered([*entries, replace(entries[0], id=bytes(16))])


def spliced(entries: list[Entry]) -> list[Entry]:
    """An entry of another chain, given out as the next of this one: numbered, linked and hashed so that it fits."""
    last = entries[8]
    moved = replace(entries[6], chain=last.chain, seq=last.seq + 1, prev=last.hash, id=bytes(16), at=last.at)
    return renumbered([*entries, replace(moved, hash=entry_hash(moved.header))])


def forked(entries: list[Entry]) -> list[Entry]:
    """Two writers went on from the same entry of a chain."""
    twin = replace(entries[8], seq=entries[7].seq, prev=entries[4].hash, id=bytes(16))
    return renumbered([*entries, replace(twin, hash=entry_hash(twin.header))])


def changed_and_relinked(entries: list[Entry]) -> list[Entry]:
    """Another payload, and every entry after it hashed and linked anew."""
    entries[2] = replace(entries[2], payload=entries[2].payload.replace(b'"n":"2"', b'"n":"9"'))
    return relinked(entries)


def transplanted(data: Path, copies: dict[str, Path]) -> None:
    """A chain of another ledger stands in the place of ours."""
    chain = rows(data)[0].chain
    theirs = iter([entry for entry in rows(copies["other"]) if entry.dialect == "provenlog"])
    edited(data, lambda entries: renumbered(next(theirs) if entry.chain == chain else entry for entry in entries))


EMPTY = (
    "UPDATE entries SET salt = x'', payload = x'', agent = NULL, session = NULL, severity = NULL, type = '', time = at "
    "WHERE position = {0};"
    "UPDATE chains SET erased = erased + 1 WHERE chain = (SELECT chain FROM entries WHERE position = {0})"
)
"""What a lawful erasure leaves of an entry."""


def said_by_a_client(data: Path, _: dict[str, Path]) -> None:
    """A payload goes, and an event in a client's own chain says that this is an erasure."""
    hand = Hand(data)
    identity = uuid_text(rows(data)[2].id)
    hand.record("provenlog", "ann", 9, entries=[identity], reason="asked", authority="a court", type="erasure")
    hand.store.close()
    sql(data, EMPTY.format(2))


def hollow(data: Path, _: dict[str, Path]) -> None:
    """The ledger says that it erased an entry, whose payload is still there."""
    hand = Hand(data)
    identity = uuid_text(rows(data)[2].id)
    hand.submit(own.submission("erasure", {"authority": "a", "entries": [identity], "reason": "r"}, grounds.START))
    hand.store.close()


def undone(data: Path, copies: dict[str, Path]) -> None:
    """What was erased is put back from an older copy, row and all."""
    kept = rows(copies["whole"])[2]
    edited(data, lambda entries: [kept if entry.position == 2 else entry for entry in entries])


def put_back(data: Path, copies: dict[str, Path]) -> None:
    """An old backup of the ledger stands in its place, beside the newest `checkpoint`."""
    for file in ("ledger.sqlite", "index.sqlite"):
        shutil.copy(copies["old"] / file, data / file)


def put_back_whole(data: Path, copies: dict[str, Path]) -> None:
    """The old backup of the whole directory."""
    shutil.rmtree(data)
    shutil.copytree(copies["old"], data)


def other_root(data: Path, copies: dict[str, Path]) -> None:
    """What was published last is another ledger's root, under our name."""
    ours, theirs = (place / "checkpoint" for place in (data, copies["other"]))
    lines, root = ours.read_text().split("\n"), theirs.read_text().split("\n")[2]
    ours.write_text("\n".join([*lines[:2], root, *lines[3:]]))


def unsealed(data: Path, _: dict[str, Path]) -> None:
    """By somebody without the key: rewritten as far as that goes, and everything that was signed is taken away."""
    edited(data, lambda entries: changed_and_relinked([e for e in entries if e.chain != own.CHAIN]))
    sql(data, "DELETE FROM checkpoints; DELETE FROM tiles")
    (data / "checkpoint").unlink()
    (data / "index.sqlite").unlink()


def rewritten(data: Path, copies: dict[str, Path]) -> None:
    """By who holds the signer's key: the same, and it is sealed as if for the first time."""
    unsealed(data, copies)
    hand = Hand(data)
    hand.seal()
    hand.store.close()


OTHERS_CHAIN = "(SELECT k.chain FROM entries k WHERE k.position = 1)"
CHANGED = """CAST(replace(payload, '"n":"2"', '"n":"9"') AS BLOB)"""
MOVED = "CAST(substr(salt, 16) || payload AS BLOB), salt = substr(salt, 1, 15)"
DAMAGED = "CAST(replace(note, 'attacked.example/ledger ', 'attacked.example/ledger A') AS BLOB)"
SWAPPED = (
    "CREATE TEMP TABLE kept AS SELECT * FROM entries;"
    "UPDATE entries SET payload = (SELECT k.payload FROM kept k WHERE k.position = 6 - entries.position),"
    "salt = (SELECT k.salt FROM kept k WHERE k.position = 6 - entries.position) WHERE position IN (2, 4)"
)

DIRECTORIES: dict[str, Strike] = {
    "A byte of a payload": column("payload", CHANGED),
    "A byte of a salt": column("salt", "CAST(zeroblob(1) || substr(salt, 2) AS BLOB)"),
    "A byte moved from the salt to the payload": column("payload", MOVED),
    "Header field `at`": column("at", "at + 1"),
    "Header field `at`, to before the entry before": column("at", "1"),
    "Header field `by`": column("by", "'key_2'"),
    "Header field `chain`": column("chain", OTHERS_CHAIN),
    "Header field `dialect`": column("dialect", "'pecta'"),
    "Header field `id`": column("id", "zeroblob(16)"),
    "Header field `payload`": column("commitment", "zeroblob(32)"),
    "Header field `prev`": column("prev", "zeroblob(32)"),
    "Header field `seq`": column("seq", "seq + 1"),
    "The hash beside an entry": column("hash", "zeroblob(32)"),
    "Payloads swapped between entries": statements(SWAPPED),
    "A payload silently removed": statements(EMPTY.format(2)),
    "An erasure that only a client's event speaks of": said_by_a_client,
    "An erasure recorded and not done (hollow)": hollow,
    "The first entry of a chain cut out": edit(without(0)),
    "An entry cut out of the middle of a chain": edit(without(4)),
    "The last entry of a chain cut off": statements("DELETE FROM entries WHERE position = 8"),
    "The last entry of a chain cut off, and the list of chains made to fit": edit(without(8)),
    "Everything from an entry on cut off, and the list of chains made to fit": edit(without(7, 8, 9)),
    "A whole chain gone, and the list of chains made to fit": edit(without(1, 3, 6)),
    "A chain gone from the list of chains": statements(f"DELETE FROM chains WHERE chain = {OTHERS_CHAIN}"),
    "Two entries of a chain change places": edit(swap(2, 4)),
    "Two entries of different chains change places": edit(swap(2, 3)),
    "An entry replayed": edit(replayed),
    "An entry spliced in from another chain, relinked": edit(spliced),
    "A chain transplanted from another ledger": transplanted,
    "A fork by two writers": edit(forked),
    "A payload changed, and its chain hashed and linked anew": edit(changed_and_relinked),
    "The ledger under another name": statements("UPDATE ledger SET origin = 'other.example/ledger'"),
    "An edited search column": column("agent", "'somebody else'"),
    "An edited search index": statements("UPDATE postings SET time = time + 1 WHERE position = 2", "index.sqlite"),
    "An entry given to another tenant": column("workspace", "9"),
    "A stored checkpoint's root": statements("UPDATE checkpoints SET root = zeroblob(32)"),
    "A stored checkpoint's signature": statements(f"UPDATE checkpoints SET note = {DAMAGED}"),
    "Another root in the file `checkpoint`": other_root,
    "An old backup beside the newest `checkpoint`": put_back,
    "An old backup of the whole directory": put_back_whole,
    "Everything rewritten, and all that was signed taken away": unsealed,
    "Everything rewritten and signed by who holds the key": rewritten,
}
ERASED: dict[str, Strike] = {
    "An erasure undone": undone,
    "The erasure itself emptied": statements(EMPTY.format(10)),
    "A search column of an erased entry filled again": column("agent", "'ann'"),
    "An erased entry given to a tenant that there is not": column("workspace", "9"),
    "An erased entry given to the ledger itself": column("workspace", "0"),
}
"""On a ledger that has erased an entry."""
