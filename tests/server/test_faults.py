"""Faults of ours: the client gets the vendor's 500 or 503, the log gets the place, and nobody gets the words."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from msgspec.structs import replace

from affidavit.dialects.contract import Answer, Intake
from affidavit.errors import InternalError, NotFound, Refused, StoreFailed, StoreUnreadable, Unavailable
from affidavit.server import log
from affidavit.storage.memory import MemoryStore
from tests.server.endpoints import AGENTLENS
from tests.server.inprocess import EVENT, INGEST, READ, ask, dialect, logged

SECRET = "what a client said"


def raising(error: BaseException) -> Callable[..., Any]:
    """A function that does nothing else."""

    def function(*_: Any) -> Any:
        raise error

    return function


@pytest.fixture
def lines(capfdbinary: pytest.CaptureFixture[bytes]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The program's log of this test."""
    handlers = logging.root.handlers[:]
    log.start()
    yield lambda: logged(capfdbinary.readouterr().err)
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers


Lines = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoreFailed("the disk is full"), 503),
        (StoreUnreadable("row 7 is damaged"), 500),
        (ZeroDivisionError(SECRET), 500),
        (KeyError(SECRET), 500),
        (RecursionError(SECRET), 500),
        (MemoryError(SECRET), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_read_that_fails(lines: Lines, error: Exception, status: int) -> None:
    reply = ask(dialect(read=replace(READ, answer=raising(error))))
    assert reply.status == status
    assert AGENTLENS.is_refusal(status, reply.json)
    assert ("retry-after" in reply.headers) is (status == 503)
    assert SECRET.encode() not in reply.body
    first, last = lines()
    assert (last["event"], last["status"], last["route"]) == ("request", status, "/api/events")
    assert first["level"] == "error"
    assert first["id"] == last["id"] == reply.headers["x-request-id"]
    assert SECRET not in str(first)
    if first["event"] == "fault":
        assert first["fault"] == type(error).__name__
        assert any("test_faults.py" in place for place in first["where"])
        assert last["id"] in reply.json["hint"]


def test_a_body_that_cannot_be_worked_on(lines: Lines) -> None:
    store = MemoryStore()
    for content in (EVENT, EVENT.ljust(1 << 20)):
        reply = ask(
            dialect(ingest=replace(INGEST, decode=raising(ZeroDivisionError(SECRET)))), "POST", content, store=store
        )
        assert reply.status == 500
        assert AGENTLENS.is_refusal(500, reply.json)
    assert store.size() == 0
    assert SECRET not in str(lines())


@pytest.mark.parametrize(
    "error", [Unavailable("too many"), NotFound("gone"), StoreFailed("busy"), ZeroDivisionError(SECRET)]
)
@pytest.mark.parametrize("asks", [False, True])
def test_what_is_recorded_is_never_said_not_to_be(lines: Lines, error: Exception, asks: bool) -> None:
    """A 503 would make the client send it again."""
    store = MemoryStore()

    def decode(request: Any) -> Intake:
        return replace(INGEST.decode(request), answer=raising(error))

    reply = ask(dialect(ingest=replace(INGEST, decode=decode, asks=asks)), "POST", EVENT, store=store)
    assert store.size() == 1
    assert reply.status == 500
    assert AGENTLENS.is_refusal(500, reply.json)
    assert "affidavit-entries" in reply.headers
    assert "retry-after" not in reply.headers
    assert lines()[-1]["entries"] == 1


def test_headers_that_cannot_be_made(lines: Lines) -> None:
    reply = ask(dialect(decorate=raising(ZeroDivisionError(SECRET))), "POST", EVENT)
    assert reply.status == 500
    assert AGENTLENS.is_refusal(500, reply.json)
    assert [line["event"] for line in lines()] == ["fault", "request"]


def test_a_refusal_that_cannot_be_drawn_is_not_hidden(lines: Lines) -> None:
    with pytest.raises(ZeroDivisionError):
        ask(dialect(refuse=raising(ZeroDivisionError(SECRET))), "DELETE")
    assert [line["event"] for line in lines()] == ["fault", "request"]


def test_a_commit_that_fails_is_503_and_the_next_one_is_tried(lines: Lines) -> None:
    store = MemoryStore(fault=raising(StoreFailed("the disk is full")))
    reply = ask(dialect(), "POST", EVENT, store=store)
    assert reply.status == 503
    assert reply.headers["retry-after"]
    assert store.size() == 0
    store.fault = lambda step: None
    assert ask(dialect(), "POST", EVENT, store=store).status == 201
    assert store.size() == 1


def test_a_ledger_that_is_not_ready_says_why(lines: Lines) -> None:
    reply = ask(dialect(), path="/readyz", ready=raising(StoreFailed("the disk is full")))
    assert (reply.status, reply.json) == (503, {"status": "not ready", "error": "the disk is full"})
    assert ask(dialect(), path="/healthz", ready=raising(StoreFailed("the disk is full"))).status == 200


class Full:
    """A file on a full disk."""

    buffer = property(lambda self: self)

    def write(self, _: bytes) -> None:
        raise OSError("no space left on device")

    def flush(self) -> None:
        raise OSError("no space left on device")


def test_a_log_that_cannot_be_written_stops_nobody(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    assert ask(dialect(), "POST", EVENT).status == 201
    assert ask(dialect(read=replace(READ, answer=raising(ZeroDivisionError())))).status == 500


def test_the_standard_librarys_warnings_are_in_the_log_without_their_exceptions_words(lines: Lines) -> None:
    try:
        raise ZeroDivisionError(SECRET)
    except ZeroDivisionError:
        logging.getLogger("asyncio").exception("a task failed")
    logging.getLogger("asyncio").info("not worth a line")
    (line,) = lines()
    assert (line["event"], line["source"], line["message"]) == ("library", "asyncio", "a task failed")
    assert (line["fault"], line["level"]) == ("ZeroDivisionError", "error")
    assert SECRET not in str(line)


def test_every_refusal_has_a_status_of_its_own_kind() -> None:
    kinds: list[type[Refused]] = [Refused]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert {kind.status for kind in kinds if not issubclass(kind, Unavailable | InternalError)} <= set(range(400, 500))
    answers = {kind.status for kind in kinds if kind.status >= 500}
    assert answers == {500, 503}


def test_an_answer_may_be_empty() -> None:
    reply = ask(dialect(read=replace(READ, answer=lambda request, reading: Answer(204))))
    assert (reply.status, reply.body) == (204, b"")
    assert "content-length" not in reply.headers
    assert "content-type" not in reply.headers
