"""Erasing by hand what a test recorded, and looking for what must be gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.ledger.store import Store
from affidavit.model.draft import LEDGER, Draft, Effect, Projection, Submission
from tests.contract.recording import AT, Recording, placed


def decree(recording: Recording, effect: Effect, *, at: int = AT) -> Entry:
    """Append the entry that has this effect. Raises what the store raises."""
    payload = canonical.encode({"type": "erasure", "reason": "a test's", "authority": "a test"})
    projection = Projection("ledger", None, None, "erasure", None, None)
    ticket: Future[list[Entry]] = Future()
    recording.sequencer.submit(
        Submission(LEDGER, "affidavit", "ledger", at, [Draft(payload, projection)], effect=effect), ticket
    )
    recording.sequencer.turn()
    return placed(recording.store, ticket.result(0))[0]


def erase(recording: Recording, entries: Sequence[Entry]) -> Entry:
    """Erase entries; copies are left until `clean`."""
    return decree(recording, Effect(erase=tuple(entry.id for entry in entries)))


def clean(store: Store) -> None:
    """Until nothing is left. Nobody reads meanwhile, so once is enough."""
    assert store.clean() == 0


def texts_of(entry: Entry) -> list[bytes]:
    """What no file may hold once the entry is erased: its salt, pieces of its payload, and its names."""
    payload = [entry.payload[at : at + 40] for at in range(0, len(entry.payload), 4000)]
    names = [name.encode() for name in (entry.agent, entry.session, entry.type, entry.severity) if name]
    return [entry.salt, *[piece for piece in payload if len(piece) > 20], *names]


def left_in(directory: Path, texts: Iterable[bytes]) -> list[tuple[str, bytes]]:
    """Which of the texts are in which file of the directory."""
    files = {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    return [(name, text) for text in texts for name, content in files.items() if text in content]
