"""What another server commits and erases, as this one's listeners and its memory hear of it."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

import pytest

from affidavit.core.entry import Entry
from affidavit.ledger.erasure import Grounds, erasure
from affidavit.ledger.sequencer import Sequencer
from affidavit.model.draft import Draft, Projection, Submission, Workspace
from affidavit.model.score import Subject
from affidavit.server.following import Following
from affidavit.server.live import Live
from affidavit.storage.memory import MemoryStore
from affidavit.wiring.following import following_of
from affidavit.wiring.scores import scores_of
from tests.committing import commit
from tests.contract.recording import entropy
from tests.openapi.documents import DIALECTS

NOW = 1_790_000_000_000_000
TENANT = Workspace(1, "one", bytes(16))
PASSED = b'{"agent_id":"a","gates":[],"passed":true,"total_latency_ms":1}'
WAIT_SECONDS = 30


def test_it_is_told_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Following, "PAUSE_SECONDS", 0.01)
    store = MemoryStore(shared=True)
    other = Sequencer(store, "test.example/following", entropy=entropy())

    def send() -> Entry:
        drafts = [Draft(PASSED, Projection("a", "a", None, "n", None, None))]
        return commit(other, Submission(TENANT, "pecta", "key_1", NOW, drafts))[0]

    async def play() -> None:
        loop, live = asyncio.get_running_loop(), Live()
        scores = scores_of(store, DIALECTS.values())
        first = send()
        assert scores.score(Subject(TENANT, "pecta", "a"), "pecta/1", NOW).entries == 1
        thread = following_of(store, live, scores, loop)
        thread.start()
        try:
            with live.listen(TENANT.id, "pecta") as listener:
                second = send()
                assert [entry.id for entry in await listener.queue.get()] == [second.id]
                ticket: Future[list[Entry]] = Future()
                other.submit(erasure([first, second], Grounds("a test's", "a test"), NOW), ticket)
                other.turn()
                assert await listener.queue.get() == (), "who has not been told of it yet is hung up on"
                assert scores.score(Subject(TENANT, "pecta", "a"), "pecta/1", NOW).entries == 0
        finally:
            await loop.run_in_executor(None, thread.stop)

    asyncio.run(asyncio.wait_for(play(), WAIT_SECONDS))
