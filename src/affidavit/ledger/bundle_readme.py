"""README.txt of a bundle: for people who were handed a file and asked what it is."""

from __future__ import annotations

from affidavit.core import instants
from affidavit.core.bundle import Scope

_TEXT = """\
EVIDENCE FROM THE LEDGER {origin}

This archive holds records of what software agents did, as the ledger named above took them down, and everything that
is needed to check that they have not been changed since. It can be checked on any computer, without a network and
without trusting whoever runs the ledger or whoever gave you this file.

WHAT IT COVERS
  {scope}.
  {entries} records, from a ledger of {size} at the time of its signature (the file "checkpoint").

HOW TO CHECK IT
  1. Get the ledger's verifier key, a line of text that begins with the ledger's name, from a source that you trust:
     from the ledger's operator in writing, from a contract, from a web site. Never from this archive.
  2. Get the program affidavit_verify.py, also from a source that you trust. It is one file that needs Python and its
     package "cryptography", and can be read in half an hour.
  3. Run:   python affidavit_verify.py THIS-FILE --key "THE VERIFIER KEY"
  It says what is proven, what is only asserted by the ledger, and what is not proven. If a single letter of a record
  was changed, or one was taken out, it says FAILED.
  If you hold an earlier checkpoint of the ledger, or a receipt, name it: --checkpoint FILE, --receipt FILE. That also
  shows that the whole ledger was not rewritten.

WHAT THE FILES ARE
  headers         one line for each record: its position in the ledger, when it was received, and the hashes that tie
                  it to the record before it and to its content
  payloads        one line for each record, in the same order: 32 random digits, then the record itself as its sender
                  wrote it (JSON). "erased" stands where a record's content was erased by law or contract; the ledger
                  then has a record of the erasure
  checkpoint      the ledger's signature over all of its records at once, and those of witnesses, if any
  nodes           hashes of the parts of the ledger that are not in this archive
  heads           (if there) proof of where each chain of records ended
  earlier/        (if there) earlier signatures, and proofs that nothing was rewritten since
  keys/           (if there) how the ledger's signing key was replaced
  timestamp.tsr   (if there) a time stamp (RFC 3161) by a third party over the text of the checkpoint, which is what
                  comes before its empty line. To verify it, save that text, its last line ended, as text.txt and run
                  openssl ts -verify -data text.txt -in timestamp.tsr -CAfile THE-AUTHORITY.pem
  bundle.json     what this archive claims to be, for programs

WHAT IT DOES NOT SHOW
  That a record is true: only that it was sent, and when the ledger says that it received it.
  This text is not evidence: whoever gave you the archive could have changed it.
"""


def readme(origin: str, scope: Scope, entries: int, size: int) -> bytes:
    """The text for a bundle of `entries`, at the checkpoint of `size`."""
    text = _TEXT.format(origin=origin, scope=_described(scope), entries=f"{entries:,}", size=f"{size:,}")
    return text.encode("utf-8", "backslashreplace")


def _described(scope: Scope) -> str:
    match scope.kind:
        case "all":
            return "All records of the ledger"
        case "chain":
            return f"All records of the chain {scope.chain.hex()}"
        case "agent" | "session":
            return f"All records that belong to the {scope.kind} {scope.name[:200]!r} ({scope.dialect})"
    since = "the beginning" if scope.since is None else instants.micros_text(scope.since)
    until = "now" if scope.until is None else instants.micros_text(scope.until)
    return f"All records received from {since} to {until}"
