"""A request's drafts become entries: the sequencer is turned by hand."""

from __future__ import annotations

from concurrent.futures import Future

from affidavit.core.entry import Entry
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Submission


def commit(sequencer: Sequencer, submission: Submission) -> list[Entry]:
    """Submit, turn once, and give what was committed. Raises what the request would be told."""
    ticket: Future[list[Entry]] = Future()
    sequencer.submit(submission, ticket)
    sequencer.turn()
    return ticket.result(0)
