"""Text in URLs: percent-encoded UTF-8, in which a client may also have encoded a lone surrogate (as WTF-8 does)."""

from __future__ import annotations

import codecs
from typing import Final
from urllib.parse import parse_qsl, unquote

from affidavit.errors import InvalidBody

MAX_QUERY_FIELDS: Final = 100
_ERRORS: Final = "affidavit.surrogatepass-or-replace"
_surrogate, _replacement = codecs.lookup_error("surrogatepass"), codecs.lookup_error("replace")


def _decode(error: UnicodeError) -> tuple[str | bytes, int]:
    """A surrogate's three bytes are that surrogate; everything else that is not UTF-8 is U+FFFD."""
    try:
        return _surrogate(error)
    except UnicodeError:
        return _replacement(error)


codecs.register_error(_ERRORS, _decode)


def decoded(part: str) -> str:
    """A part of a path as its client meant it."""
    return unquote(part, errors=_ERRORS) if "%" in part else part


def fields(query: bytes) -> dict[str, str]:
    """Query string -> fields; of one given twice the last counts. Raises InvalidBody beyond MAX_QUERY_FIELDS."""
    if not query:
        return {}
    try:
        text = query.decode("latin-1")
        return dict(parse_qsl(text, keep_blank_values=True, errors=_ERRORS, max_num_fields=MAX_QUERY_FIELDS))
    except ValueError:
        raise InvalidBody(f"the query string has more than {MAX_QUERY_FIELDS} fields") from None
