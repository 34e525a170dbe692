"""Bundles over HTTP: what the command makes, streamed; of the key's workspace; and no client has all places."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from affidavit.errors import StoreFailed, Unavailable
from affidavit.model.proving import File
from affidavit.server.body import ClientGone
from affidavit.server.downloads import MAX_DOWNLOADS, MAX_DOWNLOADS_OF_ONE, Downloads
from affidavit.server.exchange import Exchange
from affidavit.server.limits import Budget, Share
from affidavit.server.threads import Threads
from tests.invoking import invoke
from tests.server.raw import Raw, request
from tests.storing import Storing
from tests.wire.callers import Callers

SECONDS = 30
SESSION = "550e8400-e29b-41d4-a716-446655440000"
BULK = 24
"""Events of a MiB, almost: no socket's buffers take so much."""


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Callers]:
    """Two workspaces with an agent and a session of the same names, and one whose evidence is large."""
    environment = {"AFFIDAVIT_SEAL_SECONDS": "3600", "AFFIDAVIT_HEADS_SECONDS": "1"}
    running = storing.start(tmp_path_factory.mktemp("bundles") / "data", environment=environment)
    made = Callers(running)
    for workspace in ("default", "other"):
        for number in range(3):
            posted = made("provenlog", workspace).post(
                "/v1/events", json={"agent_id": "twin", "action_name": f"{number}"}
            )
            assert posted.is_success
        event = {"sessionId": SESSION, "agentId": "twin", "eventType": "session_started", "payload": {"of": workspace}}
        assert made("agentlens", workspace).post("/api/events", json={"events": [event] * 2}).is_success
    for _ in range(BULK):
        body = {"agent_id": "large", "input": {"text": "x" * 1_000_000}}
        assert made("provenlog", "large").post("/v1/events", json=body).is_success
    await_heads(made)
    yield made
    made.close()
    assert running.stop() == 0


def await_heads(callers: Callers) -> None:
    """Until the chains' ends are recorded, and sealed."""
    client, deadline = callers("affidavit"), time.monotonic() + SECONDS
    while True:
        size = client.post("/v1/affidavit/seal").json()["size"]
        heads = client.get("/v1/affidavit/heads")
        if heads.status_code == 200 and heads.json()["entry"]["payload"]["size"] == size - 1:
            return
        assert time.monotonic() < deadline, "no heads were recorded"
        time.sleep(0.05)


def bundle(callers: Callers, workspace: str = "default", **query: Any) -> httpx.Response:
    """The answer, whatever it is."""
    return callers("affidavit", workspace).get("/v1/affidavit/bundle", params=query)


def report(callers: Callers, answer: httpx.Response, directory: Path, *arguments: str) -> dict[str, Any]:
    """What the verifier says of a bundle, proven."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    file = directory / "case.affidavit"
    file.write_bytes(answer.content)
    key = callers("affidavit").get("/ledger/key").text.strip()
    outcome = invoke("verify", str(file), "--key", key, "--json", *arguments)
    told: dict[str, Any] = json.loads(outcome.stdout)
    assert (outcome.code, told["status"]) == (0, "proven"), outcome.stdout
    return told


def chain_of(callers: Callers, key: str, workspace: str = "default") -> str:
    listed = callers("affidavit", workspace).get("/v1/affidavit/chains").json()["chains"]
    return str(next(chain["id"] for chain in listed if chain["key"] == key))


def test_scopes(callers: Callers, tmp_path: Path) -> None:
    chain = chain_of(callers, "twin")
    complete: list[dict[str, str]] = [
        {"chain": chain}, {"agent": "twin", "dialect": "provenlog"}, {"session": SESSION}
    ]  # fmt: skip
    for query in complete:
        answer = bundle(callers, **query)
        told = report(callers, answer, tmp_path, *(["--complete"] if "chain" in query else []))
        assert told["entries"] == (2 if "session" in query else 3) + 1  # and the heads
        assert 'filename="' in answer.headers["content-disposition"]
    assert report(callers, bundle(callers, agent="twin", dialect="agentlens"), tmp_path)["entries"] == 3
    everything = callers("affidavit").get("/ledger/bundle")
    told = report(callers, everything, tmp_path, "--complete")
    assert told["entries"] == told["size"]


def test_it_is_what_the_command_makes(callers: Callers, tmp_path: Path) -> None:
    file = tmp_path / "made.affidavit"
    made = invoke("export", "--session", SESSION, "--data", callers.server.data, "-o", file)
    assert made.code == 0, made.stderr
    assert bundle(callers, session=SESSION).content == file.read_bytes()


def test_a_span_of_time_has_one_workspaces_entries(callers: Callers, tmp_path: Path) -> None:
    told = report(callers, bundle(callers, **{"from": "2026-01-01", "to": "2200-01-01"}), tmp_path)
    assert told["entries"] == 5 + 1
    assert b'"other"' not in (tmp_path / "case.affidavit").read_bytes()
    for nothing in ({"to": "2020-01-01"}, {"from": "1969-12-31"}, {"to": "2999-01-01"}):
        refused = bundle(callers, **nothing)
        assert (refused.status_code, refused.json()["status"]) == (404, 404)


def test_an_erasure_that_no_checkpoint_covers_is_told_before_the_first_byte(callers: Callers, tmp_path: Path) -> None:
    native = callers("affidavit", "gone")
    recorded = callers("provenlog", "gone").post("/v1/events", json={"agent_id": "gone"}).json()["id"]
    native.post("/v1/affidavit/seal")
    grounds = {"reason": "asked", "authority": "a court"}
    erased = native.post("/v1/affidavit/erase", json={"entries": [recorded], **grounds})
    assert erased.json()["erased"] == [recorded]
    chain = native.get(f"/v1/affidavit/entries/{recorded}").json()["chain"]
    for refused in (bundle(callers, "gone", chain=chain), callers("affidavit").get("/ledger/bundle")):
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert "was erased after the newest checkpoint" in refused.json()["error"]
    native.post("/v1/affidavit/seal")
    assert report(callers, bundle(callers, "gone", chain=chain), tmp_path)["erased"] == 1


def test_what_another_workspace_has_is_like_what_nobody_has(callers: Callers) -> None:
    theirs = chain_of(callers, "large", "large")
    refused, unknown = bundle(callers, chain=theirs), bundle(callers, chain="5a" * 16)
    assert (refused.status_code, refused.json()) == (unknown.status_code, unknown.json())
    refused, unknown = bundle(callers, agent="large"), bundle(callers, agent="nobody")
    assert refused.json()["error"].replace("large", "nobody") == unknown.json()["error"]
    assert bundle(callers, "large", agent="large").status_code == 200


def test_what_an_auditor_holds_is_linked(callers: Callers, tmp_path: Path) -> None:
    """A receipt and a checkpoint from before prove that this is the history that was shown then."""
    client = callers("affidavit")
    held = client.get("/ledger/checkpoint").content
    size = int(held.split(b"\n")[1])
    (tmp_path / "held").write_bytes(held)
    body = {"agent_id": "receipted"}
    posted = callers("provenlog").post("/v1/events", json=body, headers={"Prefer": "receipt"})
    (tmp_path / "receipt").write_bytes(b64decode(posted.headers["affidavit-receipt"]))
    await_heads(callers)
    keys = client.get("/ledger/keys").json()
    arguments = (
        "--key",
        keys["receipts"],
        "--checkpoint",
        str(tmp_path / "held"),
        "--receipt",
        str(tmp_path / "receipt"),
    )
    told = report(callers, bundle(callers, agent="receipted", earlier=size), tmp_path, *arguments)
    assert {"held", "receipt", "earlier"} <= {proven["code"] for proven in told["proven"]}


@pytest.mark.parametrize(
    "query",
    [{}, {"all": ""}, {"agent": "twin", "session": SESSION}, {"agent": "twin", "from": "2026-01-01"},
     {"chain": "5a" * 16, "agent": "a"}, {"from": "yesterday"}, {"agent": "twin"}, {"agent": "twin", "dialect": "x"},
     {"session": SESSION, "earlier": "x"}, {"session": SESSION, "earlier": "0"}, {"session": SESSION, "earlier": "1"},
     {"session": SESSION, "earlier": ",".join(["1"] * 101)}, {"session": SESSION, "witnessed": "1"}],
)  # fmt: skip
def test_questions_that_are_none(callers: Callers, query: dict[str, str]) -> None:
    answer = bundle(callers, **query)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)


def test_no_witness_no_bundle_with_one(callers: Callers) -> None:
    answer = bundle(callers, session=SESSION, witnessed="true")
    assert (answer.status_code, "no witness" in answer.json()["error"]) == (404, True)


def test_head(callers: Callers) -> None:
    for _ in range(MAX_DOWNLOADS_OF_ONE + 1):
        answer = callers("affidavit").head("/v1/affidavit/bundle", params={"session": SESSION})
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "application/zip"


def test_who_does_not_read_has_few_places_and_gives_them_back(callers: Callers) -> None:
    key = callers.key("affidavit", "large")["key"]
    asked = request("GET", "/v1/affidavit/bundle?agent=large", Authorization=f"Bearer {key}")
    slow = [Raw(callers.server.base_url, receive_buffer=4096) for _ in range(MAX_DOWNLOADS_OF_ONE)]
    for client in slow:
        client.send(asked)
        assert client.status() == 200
    with Raw(callers.server.base_url) as client:
        client.send(asked)
        refused = client.reply()
    assert (refused.status, refused.headers["retry-after"], "files" in refused.json["error"]) == (503, "1", True)
    assert bundle(callers, session=SESSION).status_code == 200
    for client in slow:
        client.close()
    deadline = time.monotonic() + SECONDS
    with httpx.Client(base_url=callers.server.base_url, headers={"Authorization": f"Bearer {key}"}) as client_again:
        while (status := client_again.head("/v1/affidavit/bundle?agent=large").status_code) == 503:
            assert time.monotonic() < deadline, "the places were not given back"
            time.sleep(0.05)
    assert status == 200


def _exchange(by: str = "key_1") -> Exchange:
    budget = Budget(1, "")
    return Exchange("", "GET", "/", b"", {}, "127.0.0.1", 0, budget, Share(budget), Share(budget), by=by)


async def _stays() -> dict[str, Any]:
    await asyncio.get_running_loop().create_future()
    return {}


async def _goes() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def _fails_at(piece: int) -> Iterator[bytes]:
    for number in range(5):
        if number == piece:
            raise StoreFailed("the disk")
        yield b"%d" % number


async def _take(downloads: Downloads, file: File, got: list[bytes]) -> None:
    """All pieces of a file, as far as they come."""
    exchange = _exchange()
    got.append((await downloads.begin(exchange, lambda: file, _stays)).body)
    assert exchange.parts is not None
    async for part in exchange.parts:
        got.append(part)  # noqa: PERF401 as they come


def _in_a_loop(test: Callable[[Downloads], Any]) -> None:
    async def run() -> None:
        with Threads("files", 1, 1) as threads:
            await test(Downloads(threads))

    asyncio.run(run())


@pytest.mark.parametrize("piece", [0, 1, 4])
def test_a_fault_ends_the_file_and_frees_its_place(piece: int) -> None:
    async def test(downloads: Downloads) -> None:
        for _ in range(MAX_DOWNLOADS_OF_ONE + 1):
            got: list[bytes] = []
            with pytest.raises(StoreFailed):
                await _take(downloads, File("f", _fails_at(piece)), got)
            assert got == [b"%d" % number for number in range(piece)]

    _in_a_loop(test)


def test_who_has_gone_gets_nothing_made() -> None:
    async def test(downloads: Downloads) -> None:
        for _ in range(MAX_DOWNLOADS_OF_ONE + 1):
            with pytest.raises(ClientGone):
                await downloads.begin(_exchange(), lambda: File("f", iter([b"x"])), _goes)

    _in_a_loop(test)


def test_all_places_together() -> None:
    async def test(downloads: Downloads) -> None:
        held = []
        for number in range(MAX_DOWNLOADS):
            exchange = _exchange(f"key_{number}")
            await downloads.begin(exchange, lambda: File("f", iter([b"x", b"y"])), _stays)
            held.append(exchange)
        with pytest.raises(Unavailable):
            await downloads.begin(_exchange("another"), lambda: File("f", iter([b"x"])), _stays)
        parts = held[0].parts
        assert parts is not None
        await parts.aclose()
        await downloads.begin(_exchange("another"), lambda: File("f", iter([b"x"])), _stays)

    _in_a_loop(test)
