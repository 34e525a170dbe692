"""Texts in the form in which every store keeps them: no two the same, and ordinary ones as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.model.draft import as_sent, storable

PIECES = st.sampled_from(
    ["\\", "u", "d83d", "0000", "005c", "\ud83d", "\0", "\ude00", "a", "0", "😀", "\\ud83d", "\\u005c"]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=8).map("".join), st.text(st.characters(codec=None)))

KEPT = {
    "sess_01": "sess_01",
    "größer 日本語 😀": "größer 日本語 😀",
    r"C:\users\ada\u00e9": r"C:\users\ada\u00e9",
    r"\uD83D": r"\uD83D",
    r"\udb": r"\udb",
    "cut \ud83d": r"cut \ud83d",
    r"cut \ud83d": r"cut \u005cud83d",
    "nul \0": r"nul \u0000",
    r"nul \u0000": r"nul \u005cu0000",
    r"\u005c": r"\u005cu005c",
    "\\\0": r"\\u0000",
    r"\\u0000": r"\\u005cu0000",
}


@pytest.mark.parametrize("text", KEPT)
def test_what_is_kept(text: str) -> None:
    assert storable(text) == KEPT[text]
    assert as_sent(KEPT[text]) == text


@given(TEXTS)
def test_every_store_can_keep_it_and_no_other_text_has_it(text: str) -> None:
    kept = storable(text)
    assert "\0" not in kept.encode().decode()
    assert as_sent(kept) == text
