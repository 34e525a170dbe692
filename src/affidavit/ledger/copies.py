"""What is said of a ledger that is not the one that was signed, or not the one that was there before."""

from __future__ import annotations

from affidavit.errors import OlderCopy, OtherHistory


def older_copy(what: str) -> OlderCopy:
    """`what`: what it has, and what it should have."""
    return OlderCopy(
        f"{what}: this is an older copy of it, from a backup perhaps. Were it served, two histories would be signed "
        "under one name. Bring the newest copy back and serve that; `affidavit show`, `verify` and `export` still read "
        "this one"
    )


def other_history(what: str) -> OtherHistory:
    """`what`: which entries are not those that they should be."""
    return OtherHistory(
        f"{what}: they were changed, or are of another copy that went its own way. It is not served, so that nothing "
        "more is signed. `affidavit verify` says what differs; bring the ledger back as it was when it was signed"
    )
