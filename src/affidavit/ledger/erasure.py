"""Erasure: payload, salt and every copy of them go; an entry of the ledger's own says what, why and by whose authority.

In three steps, for callers with and without a server: `plan` looks at what is asked for, on any thread; `erasure` makes
of each portion what the sequencer appends, and what is gone for every read once it has; `Store.clean` then destroys the
copies. docs/erasure.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.errors import InvalidBody, NotFound
from affidavit.ledger.store import Store, held
from affidavit.model import own
from affidavit.model.draft import LEDGER, Effect, Submission, Workspace

MAX_ENTRIES: Final = 1_000
"""Entries that one erasure names."""
MAX_BYTES: Final = 4 << 20
"""Payloads that one commit erases, up to the entry that goes beyond it: 12 ms, as for 1,000 small ones."""
MAX_CHARACTERS: Final = 1_000
"""Of a reason, and of an authority."""
MAX_NAMED: Final = 10
"""Ids that a refusal lists."""


class Grounds(msgspec.Struct, frozen=True):
    """Why something is done, and who may say so. Both are kept for ever: no personal data belongs there."""

    reason: str
    authority: str

    def members(self) -> dict[str, str]:
        """As members of a payload. Raises InvalidBody where one of them is missing or too long."""
        for name, text in (("reason", self.reason), ("authority", self.authority)):
            if not text.strip() or len(text) > MAX_CHARACTERS:
                raise InvalidBody(f"the {name} must have 1 to {MAX_CHARACTERS:,} characters: nothing was done")
        return {"reason": self.reason, "authority": self.authority}


class Plan(msgspec.Struct, frozen=True):
    """What is to be erased, in portions of one commit each, and what of it is erased already."""

    portions: list[list[Entry]]
    already: list[bytes]


def plan(store: Store, identities: Iterable[bytes], workspace: Workspace | None = None) -> Plan:
    """Look at every entry. `identities`: ids of 16 bytes; one that is named twice counts once.

    `workspace`: whose entries they must be; None for anybody's. Raises NotFound for one that is not there, InvalidBody
    for one of the ledger's own chain, ChainHeld for one under legal hold: then nothing of all this is to be erased.
    """
    entries = {identity: store.entry(identity) for identity in dict.fromkeys(identities)}
    found = [entry for entry in entries.values() if entry is not None and _is_of(entry, workspace)]
    if len(found) < len(entries):
        _refuse_unknown(entries.keys() - {entry.id for entry in found})
    holds = store.holds()
    for entry in found:
        if entry.chain == own.CHAIN:
            raise InvalidBody(f"entry {uuid_text(entry.id)} is of the ledger's own chain, which cannot be erased")
        if not entry.erased and entry.chain in holds:
            raise held(entry.id, entry.chain, holds[entry.chain])
    left = sorted((entry for entry in found if not entry.erased), key=lambda entry: entry.position)
    return Plan(list(portions(left)), [entry.id for entry in found if entry.erased])


def _is_of(entry: Entry, workspace: Workspace | None) -> bool:
    """The ledger's own chain is there for everybody, to be told that it cannot be erased."""
    return workspace is None or entry.workspace in (workspace.id, LEDGER.id)


def _refuse_unknown(unknown: Iterable[bytes]) -> None:
    names = sorted(map(uuid_text, unknown))
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    raise NotFound(f"there is no entry {', '.join(names[:MAX_NAMED])}{more}: nothing was erased")


def portions(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Cut up for commits: by number, and by bytes."""
    portion: list[Entry] = []
    size = 0
    for entry in entries:
        portion.append(entry)
        size += len(entry.payload)
        if len(portion) == MAX_ENTRIES or size >= MAX_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def erasure(portion: Sequence[Entry], grounds: Grounds, at: int) -> Submission:
    """What is appended to erase these entries. `at`: now, µs since 1970."""
    members: Mapping[str, object] = {**grounds.members(), "entries": [uuid_text(entry.id) for entry in portion]}
    return replace(own.submission("erasure", members, at), effect=Effect(erase=tuple(entry.id for entry in portion)))
