"""Verification of a data directory: its ledger, with what lies beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from affidavit.core.verify import Problem
from affidavit.errors import DataDirectoryError
from affidavit.ledger.audit import AuditReport, audit
from affidavit.ledger.published import Published
from affidavit.wiring.ledger import Ledger, projector
from affidavit.wiring.signing import signer_at_hand


def verify_directory(directory: Path, store: Ledger, progress: Callable[[int, int], None]) -> AuditReport:
    """Everything of the ledger that can be recomputed, the signer's key where it is there, the file `checkpoint`.

    `progress` gets (entries verified, entries in all). Raises StoreUnreadable, StoreFailed as `audit` does.
    """
    published, damage = None, []
    try:
        published = Published(directory).read()  # before the ledger is looked at, which is never behind it
    except DataDirectoryError as error:
        damage.append(Problem("checkpoint-mismatch", None, None, None, str(error)))
    salts = {workspace.id: workspace.salt for workspace in store.workspaces()}
    signer = signer_at_hand(directory, store.origin)
    report = audit(store, store.origin, salts, projector(), signer=signer, published=published, progress=progress)
    return replace(report, problems=report.problems + damage)
