"""Asking everybody about checkpoints: in rounds, the newest first, and nobody waits for who does not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest
from structlog.testing import capture_logs

from affidavit.errors import NotAnswered, StoreFailed
from affidavit.ledger.store import Checkpoint
from affidavit.server import gathering
from affidavit.server.gathering import Gathering

SECONDS = 20
"""Longer than anything here takes."""


class Peer:
    """A source whose answers the test gives, one by one. `asked`, `kept`: sizes, as they happen."""

    rest_seconds = 0.0

    def __init__(self, name: str = "peer") -> None:
        self.name = name
        self.asked: SimpleQueue[int] = SimpleQueue()
        self.kept: SimpleQueue[tuple[int, Any]] = SimpleQueue()
        self.answers: SimpleQueue[Any] = SimpleQueue()
        self.fails_to_keep: Exception | None = None

    def ask(self, checkpoint: Checkpoint) -> Any:
        self.asked.put(checkpoint.size)
        answer = self.answers.get(timeout=SECONDS)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def keep(self, checkpoint: Checkpoint, said: Any) -> None:
        if self.fails_to_keep:
            raise self.fails_to_keep
        self.kept.put((checkpoint.size, said))


def sealed(size: int) -> Checkpoint:
    return Checkpoint(size, bytes(32), b"note", 0)


@contextmanager
def gathered(*peers: Peer, round_seconds: float = SECONDS) -> Iterator[Gathering]:
    thread = Gathering(peers, round_seconds)
    thread.begin()
    try:
        yield thread
    finally:
        for peer in peers:
            peer.answers.put(None)
        thread.stop()
        assert not thread.is_alive()


def test_everybody_is_asked_and_the_newest_wins() -> None:
    one, two = Peer("one"), Peer("two")
    with gathered(one, two) as thread:
        thread.sealed(sealed(3))
        assert (one.asked.get(timeout=SECONDS), two.asked.get(timeout=SECONDS)) == (3, 3)
        for size in (4, 5, 6):
            thread.sealed(sealed(size))
        one.answers.put("one's")
        assert one.kept.get(timeout=SECONDS) == (3, "one's")  # while the other is silent
        assert one.asked.empty()  # the round is not over
        two.answers.put("two's")
        assert two.kept.get(timeout=SECONDS) == (3, "two's")
        assert (one.asked.get(timeout=SECONDS), two.asked.get(timeout=SECONDS)) == (6, 6)


def test_what_was_said_is_not_asked_again() -> None:
    peer = Peer()
    with gathered(peer) as thread:
        for sizes in [(3,), (3, 2, 4), (4, 3, 5)]:
            for size in sizes:
                thread.sealed(sealed(size))
            peer.answers.put("word")
            assert peer.kept.get(timeout=SECONDS) == (sizes[-1], "word")
    assert [peer.asked.get(timeout=SECONDS) for _ in range(3)] == [3, 4, 5]
    assert peer.asked.empty()


def test_who_is_silent_does_not_hold_the_others_up() -> None:
    """The round ends without it; its answer is taken when it comes, and it is not asked meanwhile."""
    silent, other = Peer("silent"), Peer("other")
    with capture_logs() as logs, gathered(silent, other, round_seconds=0.01) as thread:
        for size in (3, 4, 5):
            other.answers.put("word")
            thread.sealed(sealed(size))
            assert other.kept.get(timeout=SECONDS) == (size, "word")
        assert silent.asked.get(timeout=SECONDS) == 3
        assert silent.asked.empty()
        silent.answers.put("late")
        assert silent.kept.get(timeout=SECONDS) == (3, "late")
    assert [line["source"] for line in logs] == ["silent"]


FAULTS: dict[str, Callable[[Peer], None]] = {
    "no answer": lambda peer: peer.answers.put(NotAnswered("down")),
    "a fault of ours": lambda peer: peer.answers.put(ValueError("fault")),
    "it cannot be kept": lambda peer: setattr(peer, "fails_to_keep", StoreFailed("full")) or peer.answers.put("word"),
}


@pytest.mark.parametrize("fail", FAULTS.values(), ids=FAULTS)
def test_who_gives_no_answer_is_left_alone_for_a_while(fail: Callable[[Peer], None]) -> None:
    bad, good = Peer("bad"), Peer("good")
    fail(bad)
    with capture_logs() as logs, gathered(bad, good) as thread:
        for size in (3, 4, 5):
            good.answers.put("word")
            thread.sealed(sealed(size))
            assert good.kept.get(timeout=SECONDS) == (size, "word")
    assert (bad.asked.get(timeout=SECONDS), bad.asked.empty(), bad.kept.empty()) == (3, True, True)
    assert [line["source"] for line in logs] == ["bad"]


def test_it_is_asked_again_and_one_line_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that nobody answered for is not forgotten, though no other follows."""
    monkeypatch.setattr(gathering, "FAULT_SECONDS", 0.0)
    monkeypatch.setattr(gathering, "_LOOK_SECONDS", 0.001)
    peer = Peer()
    with capture_logs() as logs, gathered(peer) as thread:
        thread.sealed(sealed(3))
        for _ in range(5):
            peer.answers.put(NotAnswered("down"))
        peer.answers.put("up again")
        assert peer.kept.get(timeout=SECONDS) == (3, "up again")
    assert [peer.asked.get() for _ in range(6)] == [3] * 6
    assert logs == [{"event": "no answer", "source": "peer", "why": "down", "log_level": "warning"}]


def test_who_failed_last_time_is_asked_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor asked twice at once."""
    monkeypatch.setattr(gathering, "FAULT_SECONDS", 0.0)
    bad, good = Peer("bad"), Peer("good")
    bad.answers.put(NotAnswered("down"))
    with gathered(bad, good, round_seconds=10 * SECONDS) as thread:
        for size in (3, 4, 5):
            good.answers.put("word")
            thread.sealed(sealed(size))
            assert good.kept.get(timeout=SECONDS) == (size, "word")
        assert bad.asked.get(timeout=SECONDS) == 3
        assert bad.asked.get(timeout=SECONDS) in (3, 4)
        assert bad.asked.empty()


def test_it_rests_between_answers() -> None:
    """As an authority does, which is asked once an hour."""
    hourly, other = Peer("hourly"), Peer("other")
    hourly.rest_seconds = 3600.0
    hourly.answers.put("stamp")
    with gathered(hourly, other) as thread:
        for size in (3, 4, 5):
            other.answers.put("word")
            thread.sealed(sealed(size))
            assert other.kept.get(timeout=SECONDS) == (size, "word")
        assert hourly.kept.get(timeout=SECONDS) == (3, "stamp")
    assert (hourly.asked.get(), hourly.asked.empty()) == (3, True)


def test_a_seal_never_waits() -> None:
    """However long everybody is silent. It would never return here."""
    peer = Peer()
    with gathered(peer) as thread:
        for size in range(1, 1000):
            thread.sealed(sealed(size))
        assert peer.asked.get(timeout=SECONDS) > 0


def test_the_end_waits_for_nobody() -> None:
    peer, ended = Peer(), threading.Event()
    thread = Gathering([peer], SECONDS)
    thread.start()
    thread.sealed(sealed(3))
    assert peer.asked.get(timeout=SECONDS) == 3
    threading.Thread(target=lambda: (thread.stop(), ended.set()), daemon=True).start()
    assert ended.wait(SECONDS / 2)
    peer.answers.put(None)


def test_nobody_to_ask() -> None:
    """There is no thread then."""
    thread = Gathering([], SECONDS)
    thread.begin()
    thread.sealed(sealed(3))
    assert not thread.is_alive()
    thread.stop()
