"""What may be written to a terminal. Clients choose their texts, and a terminal obeys some of them."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import orjson


def plain(text: str) -> str:
    """The text with all that is not printable (escape sequences, line ends, direction marks) as JSON escapes it.

    JSON stays JSON of the same value.
    """
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else json.dumps(char)[1:-1] for char in text])


def short(text: str, most: int) -> str:
    """The same, and no longer than `most` characters, for a line that shows many things."""
    shown = plain(text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def json_line(value: Any) -> str:
    """A value for machines: one line of JSON that a terminal can show as well."""
    return plain(orjson.dumps(value).decode())


def give_up_stdout() -> None:
    """After a failed write: what is left unwritten stays so. Else Python tries again at the end, and says so."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
