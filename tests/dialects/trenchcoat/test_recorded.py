"""The recorded exchanges of Trenchcoat's real route handlers, replayed in their order over HTTP against ours.

The recording is no part of the repository: where it is missing, these tests are skipped. It lacks some requests whose
effects its answers show; those are made up again from these answers. Every intended difference is listed here with
the row of the dialect's README that gives its reason, and must still be one.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

import affidavit.dialects.trenchcoat
from affidavit.access.keys import issue
from affidavit.core import instants
from affidavit.dialects.trenchcoat import DIALECT
from affidavit.wiring.ledger import open_store, workspace_named
from affidavit.wiring.place import place_in
from tests.running import Running
from tests.storing import Storing

from .conftest import plugged

REPOSITORY = Path(__file__).parents[3]
RECORDING = REPOSITORY.parent / "shared" / "wire" / "trenchcoat.recorded.json"
README = Path(affidavit.dialects.trenchcoat.__file__).with_name("README.md")


def recorded() -> list[dict[str, Any]]:
    """The pairs of request and response on our routes, in their order."""
    if not RECORDING.exists():
        return []
    pairs: list[dict[str, Any]] = json.loads(RECORDING.read_text())["pairs"]
    ours = tuple(pair for pair in pairs if "request" in pair)  # the one without is the rate limit's answer
    return [pair for pair in ours if pair["request"]["path"].startswith(DIALECT.prefixes)]


PAIRS = recorded()

DIFFERENCES = {"bad json": "Bad JSON", "empty body": "Bad JSON"}

EVERYWHERE = {"requestId": "Ids and times in refusals", "timestamp": "Ids and times in refusals"}
"""Members of `error` that no refusal of ours has."""

SPELLINGS = {"started_at": "Spelling of a session's times", "ended_at": "Spelling of a session's times"}
"""Members that are the same instant, spelled otherwise."""

PLACEHOLDERS = {"1001": {"events": [plugged()] * 1001}}
"""Requests whose bodies the recording replaced by their sizes."""

LOST: Mapping[str, list[list[dict[str, Any]]]] = {
    "sessions": [
        [plugged(ts="2026-01-01T00:00:00.000Z")] * 1000,
        [plugged(event=kind) for kind in ("session_start", "session_end", "assistant_stop", "subagent_start")],
        [plugged(event="tool_result"), plugged(ts="2026-01-01T00:00:00.123+00:00"), plugged(), plugged(event="error")],
    ]
}
"""Answers that show events whose requests are lost -> the batches of those events."""

KINDS = {
    "requestId": re.compile(r"req_[0-9a-z_]+"),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "user_id": re.compile(r"default"),
    "api_key_id": re.compile(r"key_[0-9a-f]+"),
}
"""Members whose value is another every time, or another name for the same thing -> the form it has."""

HEADERS = {
    "content-type": re.compile("application/json"),
    "x-request-id": re.compile(r"[A-Za-z0-9._:-]+"),
    "x-ratelimit-limit": re.compile(r"\d+"),
    "x-ratelimit-remaining": re.compile(r"\d+"),
    "x-ratelimit-reset": re.compile(r"\d{13}"),  # ms since 1970
}
"""Every header of the recording -> the form of its values."""


def differences(theirs: Any, ours: Any, at: str = "") -> Iterator[str]:
    """Where two JSON values differ in more than what must differ."""
    name = at.rpartition(".")[2]
    if isinstance(theirs, dict) and isinstance(ours, dict):
        known = theirs.keys() - EVERYWHERE.keys() if name == "error" else theirs.keys()
        if known != ours.keys():
            yield f"{at}: members {sorted(known)} there, {sorted(ours)} here"
        for key in known & ours.keys():
            yield from differences(theirs[key], ours[key], f"{at}.{key}")
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for index, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(one, other, f"{at}.{index}")
    elif name in KINDS:
        if not (isinstance(ours, str) and KINDS[name].fullmatch(ours)):
            yield f"{at}: {ours!r} here is of another form"
    elif (instants.parse(theirs) != instants.parse(ours)) if name in SPELLINGS else theirs != ours:
        yield f"{at}: {theirs!r} there, {ours!r} here"


def expired_key(data: Path) -> str:
    """A key whose time was over a day ago: the command line makes none."""
    now = time.time_ns() // 1000
    store = open_store(place_in(data), exclusive=False)
    key, token = issue(
        workspace_named(store, "default"), DIALECT.name, DIALECT.key_prefix, DIALECT.key_bytes, DIALECT.scopes,
        now=now - 2 * instants.DAY, entropy=os.urandom, expires_at=now - instants.DAY,
    )  # fmt: skip
    store.add_key(key)
    store.close()
    return token


class Replay:
    """One pass over the recording. Knows which of our keys stands for which of theirs."""

    def __init__(self, client: httpx.Client, server: Running) -> None:
        self.client = client
        self.keys = {
            "ct_live_aa...": server.key(DIALECT.name),
            "ct_live_bb...": server.key(DIALECT.name, ["read:events"]),
            "ct_live_cc...": expired_key(server.data),
            "ct_live_sh...": "ct_live_short",
            "foo...": "foo_" + "a" * 36,
        }

    def restore(self, pair: dict[str, Any]) -> None:
        """Send what must have been sent before this pair."""
        headers = {"X-API-Key": self.keys["ct_live_aa..."]}
        for events in LOST.get(pair["name"], ()):
            self.client.post("/api/v1/events", json={"events": events}, headers=headers).raise_for_status()

    def play(self, pair: dict[str, Any]) -> list[str]:
        """Send the request of a pair; what differs in the answer."""
        request = pair["request"]
        headers = dict(request["headers"])
        if "X-API-Key" in headers:
            headers["X-API-Key"] = self.keys[headers["X-API-Key"]]
        body = PLACEHOLDERS.get(pair["name"], request["body"])
        content = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        answer = self.client.request(request["method"], request["path"], headers=headers, content=content)
        return list(self._compare(pair["response"], answer))

    def _compare(self, theirs: dict[str, Any], answer: httpx.Response) -> Iterator[str]:
        if answer.status_code != theirs["status"]:
            yield f"status {theirs['status']} there, {answer.status_code} here"
        for header, value in theirs["headers"].items():
            if not HEADERS[header].fullmatch(answer.headers.get(header, "")):
                yield f"header {header}: {value!r} there, {answer.headers.get(header)!r} here"
        yield from differences(theirs["body"], answer.json() if answer.content else "")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> dict[str, list[str]]:
    """Name of a pair -> what differs, from one pass against a server of its own, which begins empty."""
    server = storing.start(tmp_path_factory.mktemp("recorded") / "data")
    found = {}
    try:
        with httpx.Client(base_url=server.base_url, timeout=30) as client:
            replay = Replay(client, server)
            for pair in PAIRS:
                replay.restore(pair)
                found[pair["name"]] = replay.play(pair)
    finally:
        server.stop()
    return found


@pytest.mark.skipif(not PAIRS, reason="the recorded exchanges are not here")
class TestRecorded:
    @pytest.mark.parametrize("name", [pair["name"] for pair in PAIRS])
    def test_pair(self, name: str, replayed: dict[str, list[str]]) -> None:
        if name in DIFFERENCES:
            assert replayed[name], "no difference any more: take it from the list and from the README"
        else:
            assert replayed[name] == []

    def test_every_pair_has_a_name_of_its_own(self) -> None:
        names = [pair["name"] for pair in PAIRS]
        assert len(set(names)) == len(names)
        assert {*DIFFERENCES, *PLACEHOLDERS, *LOST} <= set(names)


def test_every_difference_has_its_reason_in_the_readme() -> None:
    reasons = set(re.findall(r"^\| ([^|]+?) \|", README.read_text().partition("## Where we differ")[2], re.MULTILINE))
    assert {*DIFFERENCES.values(), *EVERYWHERE.values(), *SPELLINGS.values()} <= reasons
