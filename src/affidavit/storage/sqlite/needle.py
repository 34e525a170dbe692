"""Texts that are searched for: how they stand in JSON, and which trigrams they must have."""

from __future__ import annotations

from typing import NamedTuple

from affidavit.core import canonical

MAX_TRIGRAMS = 64
"""Trigrams of a needle that are looked up; the rest of it is told by looking at the candidates."""
NO_CANDIDATES = '""'
"""An FTS5 query without a token."""


class Needle(NamedTuple):
    """A text in lower case: `escaped` as JSON writes it in a string, `raw` as a piece of JSON itself.

    `raw` is None where it is the same, or cannot stand in JSON.
    """

    escaped: str
    raw: str | None

    def trigrams(self) -> str | None:
        """An FTS5 query for what has them; None where the needle is too short to have one."""
        forms = [form for form in self if form is not None]
        if min(map(len, forms)) < 3:
            return None
        return " OR ".join(f"({_all_trigrams(form)})" for form in forms)


def needle(text: str) -> Needle:
    """Only ASCII letters lose their case, as in SQLite's lower()."""
    escaped = canonical.encode(text)[1:-1].lower().decode()
    written = text.encode("utf-8", "replace")
    raw = written.lower().decode()
    possible = written.decode() == text and min(text) >= " "  # canonical JSON has no control characters
    return Needle(escaped, raw if possible and raw != escaped else None)


def _all_trigrams(form: str) -> str:
    found = dict.fromkeys(form[at : at + 3] for at in range(len(form) - 2))
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in list(found)[:MAX_TRIGRAMS])
