"""An answer that asks for scores is made in a thread, unless they are in memory: then a thread would only cost."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from affidavit import dialects
from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer, Intake, Request
from affidavit.ledger.repeats import Repeated
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Once, Submission
from affidavit.model.reading import Reading
from affidavit.storage.memory import MemoryStore
from affidavit.wiring.scores import note_committed, scores_of
from tests.committing import commit
from tests.server.inprocess import EVENT, INGEST, ORIGIN, ask, dialect

AT = 1_790_000_000_000_000
EVALUATION = b'{"events":[{"agent_id":"a","tool":"t","passed":true,"total_latency_ms":4,"gates":[]}]}'


@pytest.mark.parametrize(
    ("asks", "committed", "in_a_thread"),
    [(False, False, 0), (False, True, 0), (True, True, 0), (True, False, 1)],
)
def test_where_an_answer_is_made(asks: bool, committed: bool, in_a_thread: int) -> None:
    made: list[bool] = []
    told: list[int] = []

    def note(entries: Sequence[Entry]) -> bool:
        told.append(len(entries))
        return committed

    def decode(request: Request) -> Intake:
        intake = INGEST.decode(request)

        def answer(entries: Sequence[Entry], reading: Reading) -> Answer:
            made.append(threading.current_thread() is threading.main_thread())
            return intake.answer(entries, reading)

        return replace(intake, answer=answer)

    spoken = dialect(ingest=replace(INGEST, decode=decode, asks=asks))
    assert ask(spoken, "POST", EVENT, committed=note).status == 201
    assert made == [not in_a_thread]
    assert told == [1] * asks


def test_scores_of_what_was_just_committed_are_in_memory_but_not_of_what_is_repeated() -> None:
    """With Pecta's answers, which ask for scores: a new agent's, and the same agent's next ones."""
    store, pecta = MemoryStore(), dialects.load()["pecta"]
    workspace = store.add_workspace("default", bytes(16))
    scores, sequencer = scores_of(store, [pecta]), Sequencer(store, ORIGIN, entropy=bytes)
    (ingest,) = (route for route in pecta.ingests if route.asks)
    request = Request("POST", ingest.path, {}, {}, {}, EVALUATION, AT)
    once = Once(bytes(32), bytes(32))
    for same in (None, None, once):
        drafts = ingest.decode(request).drafts
        assert note_committed(scores, commit(sequencer, Submission(workspace, pecta.name, "key_1", AT, drafts, same)))
    repeated = commit(sequencer, Submission(workspace, pecta.name, "key_1", AT, drafts, once))
    assert isinstance(repeated, Repeated)
    assert not note_committed(scores, repeated)
