"""Prefer: answers that wait for a checkpoint, and receipts, in every dialect that records."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from affidavit.core.checkpoint import open_checkpoint
from affidavit.core.entry import Entry
from affidavit.core.merkle import root_of
from affidavit.core.notekey import parse_verifier_key
from affidavit.core.receipt import Receipt, open_receipt
from affidavit.dialects.contract import Answer
from affidavit.errors import StoreFailed, Unavailable
from affidavit.ledger.store import Checkpoint
from affidavit.server.body import ClientGone
from affidavit.server.preferences import INLINE_ENTRIES, Preferences
from affidavit.server.threads import Threads
from tests.openapi.documents import DIALECTS
from tests.running import Running
from tests.server.endpoints import AGENT
from tests.storing import Storing
from tests.wire.callers import credential
from tests.wire.looks import SESSION

RECORDING = {
    "agentlens": (
        "/api/events",
        {"events": [{"sessionId": "s", "agentId": AGENT, "eventType": "session_started"}] * 3},
    ),
    "asn": ("/api/v1/agents", {"name": AGENT, "class": "A"}),
    "pecta": ("/v1/ingest", {"events": [{"agent_id": AGENT, "passed": True, "gates": [], "total_latency_ms": 1}] * 2}),
    "provenlog": ("/v1/batch", [{"agent_id": AGENT}] * 2),
    "trenchcoat": (
        "/api/v1/events",
        {
            "events": [
                {"session_id": SESSION, "event_type": "session_start", "timestamp": "2026-11-20T10:30:00Z", "data": {}}
            ]
        },
    ),
}
BOTH = "wait=checkpoint, receipt"
ANSWER = Answer(200, b"{}", (("X-Its", "own"),))


def test_every_dialect_that_records_is_here() -> None:
    assert set(RECORDING) == {name for name, dialect in DIALECTS.items() if dialect.ingests}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Running]:
    """A server of its own, so that nobody else's entries come between."""
    running = storing.start(tmp_path_factory.mktemp("preferences") / "data")
    yield running
    assert running.stop() == 0


def report(running: Running, dialect: str, prefer: str | None, **headers: str) -> httpx.Response:
    """Report to a dialect with this preference."""
    path, body = RECORDING[dialect]
    sent = {**credential(dialect, running.key(dialect)), **({} if prefer is None else {"Prefer": prefer}), **headers}
    answer = httpx.post(f"{running.base_url}/{dialect}{path}", json=body, headers=sent, timeout=30)
    assert answer.is_success, answer.text
    return answer


def asked(running: Running, path: str) -> httpx.Response:
    return httpx.get(running.base_url + path, headers={"Authorization": f"Bearer {running.key('affidavit')}"})


def opened(running: Running, answer: httpx.Response) -> Receipt:
    """The receipt of an answer, once its signature held."""
    key = parse_verifier_key(asked(running, "/ledger/keys").json()["receipts"])
    return open_receipt(b64decode(answer.headers["affidavit-receipt"]), [key])


def entries_of(running: Running, answer: httpx.Response) -> list[dict[str, Any]]:
    """What an answer says was recorded, in its order."""
    first, last = (asked(running, f"/v1/affidavit/entries/{each}").json()["position"]
                   for each in answer.headers["affidavit-entries"].split(".."))  # fmt: skip
    return [asked(running, f"/v1/affidavit/entries/{position}").json() for position in range(first, last + 1)]


@pytest.mark.parametrize("dialect", RECORDING)
def test_both(ledger: Running, dialect: str) -> None:
    answer = report(ledger, dialect, BOTH)
    assert answer.headers["preference-applied"] == "receipt, wait=checkpoint"
    key = parse_verifier_key(asked(ledger, "/ledger/key").text.strip())
    head = open_checkpoint(asked(ledger, "/ledger/checkpoint").content, [key]).head
    entries = entries_of(ledger, answer)
    assert head.size > entries[-1]["position"]
    receipt = opened(ledger, answer)
    assert (receipt.origin, receipt.count) == (head.origin, len(entries))
    assert receipt.root == root_of(bytes.fromhex(entry["hash"]) for entry in entries)
    assert asked(ledger, f"/v1/affidavit/entries/{entries[-1]['id']}/proof").status_code == 200


@pytest.mark.parametrize("prefer", [None, "", "return=minimal", "wait=10", "receipts", "respond-async; receipt"])
def test_what_is_not_asked_for_does_not_come(ledger: Running, prefer: str | None) -> None:
    headers = report(ledger, "provenlog", prefer).headers
    assert not {"preference-applied", "affidavit-receipt"} & headers.keys()


@pytest.mark.parametrize("prefer", ["Receipt", 'receipt;x=y, wait="checkpoint"', "respond-async,receipt"])
def test_ways_to_write_it(ledger: Running, prefer: str) -> None:
    assert opened(ledger, report(ledger, "provenlog", prefer)).count == 2


def test_a_repeated_request_gets_them_too(ledger: Running) -> None:
    first, second = (report(ledger, "agentlens", prefer, **{"Idempotency-Key": "once"}) for prefer in ("receipt", BOTH))
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["preference-applied"] == "receipt, wait=checkpoint"
    assert opened(ledger, first) == opened(ledger, second)


def test_a_refusal_has_no_receipt(ledger: Running) -> None:
    headers = {**credential("provenlog", ledger.key("provenlog")), "Prefer": BOTH}
    answer = httpx.post(f"{ledger.base_url}/v1/events", json={"no": "agent"}, headers=headers)
    assert answer.status_code == 400
    assert not {"preference-applied", "affidavit-receipt"} & answer.headers.keys()


def test_a_ledger_that_is_sealed_seldom_answers_all_the_same(tmp_path: Path, storing: Storing) -> None:
    """Everything is recorded, and says so; only that it waited is not true. `POST /v1/affidavit/seal` does not wait."""
    running = storing.start(tmp_path / "data", environment={"AFFIDAVIT_SEAL_SECONDS": "3600"})
    answer = report(running, "provenlog", BOTH)
    assert answer.headers["preference-applied"] == "receipt"
    assert running.stop() == 0


def test_what_was_sealed_before_a_start_is_waited_for_by_nobody(tmp_path: Path, storing: Storing) -> None:
    once, settings = {"Idempotency-Key": "once"}, {"AFFIDAVIT_SEAL_SECONDS": "3600"}
    running = storing.start(tmp_path / "data", environment=settings)
    report(running, "provenlog", None, **once)
    assert running.stop() == 0  # the end seals
    running = storing.start(tmp_path / "data", environment=settings)
    answer = report(running, "provenlog", "wait=checkpoint", **once)
    assert answer.headers["idempotency-replayed"] == "true"
    assert answer.headers["preference-applied"] == "wait=checkpoint"
    assert running.stop() == 0


async def _honour(
    covering: Callable[[Sequence[Entry]], Awaitable[Checkpoint]],
    entries: Sequence[Any],
    *,
    stays: bool,
    prefer: str = BOTH,
) -> Answer:
    async def receive() -> dict[str, Any]:
        if stays:
            await asyncio.get_running_loop().create_future()
        return {"type": "http.disconnect"}

    with Threads("checks", 1, 1) as threads:
        preferences = Preferences(covering, lambda entries: b"note", threads, wait_seconds=0.01)
        return await preferences.honour(prefer, entries, ANSWER, receive)


async def _never(entries: Sequence[Entry]) -> Checkpoint:
    return await asyncio.get_running_loop().create_future()


async def _fails(entries: Sequence[Entry]) -> Checkpoint:
    raise Unavailable("cannot be sealed now")


async def _unread(entries: Sequence[Entry]) -> Checkpoint:
    raise StoreFailed("the database does not answer")


async def _at_once(entries: Sequence[Entry]) -> Checkpoint:
    return Checkpoint(len(entries), bytes(32), b"", 0)


def entry(position: int) -> Entry:
    return Entry(position, b"", 1, 0, b"", "", "", b"", b"", b"", b"", b"", 1, None, None, "", None, 0)


@pytest.mark.parametrize(
    ("covering", "applied"),
    [(_never, "receipt"), (_fails, "receipt"), (_unread, "receipt"), (_at_once, "receipt, wait=checkpoint")],
)
def test_what_comes_of_waiting(covering: Callable[[Sequence[Entry]], Awaitable[Checkpoint]], applied: str) -> None:
    answer = asyncio.run(_honour(covering, [entry(0)], stays=True))
    assert (answer.status, answer.body, answer.headers[0]) == (200, b"{}", ("X-Its", "own"))
    assert dict(answer.headers)["Preference-Applied"] == applied


def test_nobody_waits_for_a_client_that_has_gone() -> None:
    with pytest.raises(ClientGone):
        asyncio.run(_honour(_never, [entry(0)], stays=False))


def test_large_receipts_are_made_off_the_loop() -> None:
    many = [entry(position) for position in range(INLINE_ENTRIES + 1)]
    answer = asyncio.run(_honour(_never, many, stays=True, prefer="receipt"))
    assert dict(answer.headers)["Affidavit-Receipt"] == "bm90ZQ=="


def test_nothing_recorded_nothing_signed() -> None:
    assert asyncio.run(_honour(_at_once, [], stays=True)) is ANSWER
