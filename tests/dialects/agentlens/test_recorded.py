"""The recorded exchanges of a real AgentLens server, replayed in their order over HTTP against ours.

The recording is no part of the repository: where it is missing, these tests are skipped. It lacks some requests whose
effects its answers show; those are made up again from these answers. Every intended difference is listed here with
the row of the dialect's README that gives its reason, and must still be one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import affidavit.dialects.agentlens
from tests.storing import Storing

from .examples import REQUIRED, event

REPOSITORY = Path(__file__).parents[3]
RECORDING = REPOSITORY.parent / "shared" / "wire" / "agentlens.recorded.json"
README = Path(affidavit.dialects.agentlens.__file__).with_name("README.md")


def recorded() -> list[dict[str, Any]]:
    """The pairs of request and response on our routes, in their order."""
    if not RECORDING.exists():
        return []
    pairs: list[dict[str, Any]] = json.loads(RECORDING.read_text())["pairs"]
    ours = re.compile(
        r"/|/api/(health|health/overview|server-info|version|stats(/overview)?|audit/verify)(\?.*)?"
        r"|/api/events([/?].*)?|/api/(sessions|analytics)([/?].*)?|/api/agents(/[^/?]+)?"
    )
    return [pair for pair in pairs if ours.fullmatch(pair["request"]["path"])]


PAIRS = recorded()

DIFFERENCES = {
    "bad json": "Reason of bad JSON",
    "empty body": "Reason of bad JSON",
    "body null": "Reason of bad JSON",
    "timestamp '2026-02-08T10:00:00+00:00'": "Timestamps with an offset",
    "timestamp '2026-02-08T12:00:00+02:00'": "Timestamps with an offset",
    "list num": "Big integers and `__proto__`",
    "duplicate json keys": "Duplicate keys",
    "list dk2": "Duplicate keys",
    "GET ?limit=2": "Duplicate keys",  # the newest event but one is the one that we refused
    "GET ?limit=2&offset=2": "Duplicate keys",
    "GET /": "`GET /`",
    "ooo timeline": "Late events",
    "ooo timeline after backdated event": "Late events",
    "ooo audit verify": "Who may verify",
    "audit verify range": "Who may verify",
    "[AUTH_DISABLED] audit verify range": "`signature` of a verification",
    "[AUTH_DISABLED] audit verify unknown session": "`signature` of a verification",
    "server-info": "`features` and `pricing`",
}

PLACEHOLDERS = {"payload > 10240 bytes is truncated": event("custom", {"type": "t", "data": {"x": "y" * 11_000}})}
"""Requests whose bodies the recording replaced by their sizes."""

SHAPES = {"sessions count", "sessions status", "health overview", "stats", "stats overview", "analytics"}
"""Answers that count sessions whose requests are lost or that only one of us took, or bytes of files: of these the form
is compared."""

LOST = {
    "timeline types": [
        event(
            kind, {**REQUIRED[kind], **({"toolName": "t"} if "toolName" in REQUIRED[kind] else {})}, sessionId="types"
        )
        for kind in ("tool_call", "tool_response", "approval_requested", "form_submitted", "retrieval", "session_ended")
    ],
    "raw number forms": [
        event(sessionId="A", payload={"toolName": name, "callId": "c", "arguments": {}}) for name in ("1", "3")
    ],
    "list px": None,
    "list B": None,
    "list uni": None,
    "list sur": None,
    "GET ?limit=2": [event(sessionId="many", payload={"toolName": "t", "callId": "c", "arguments": {}})] * 1000,
}
"""Answers that show events whose requests are lost -> those events; None: the answer says it all."""

LENGTHS = {
    "timeline types": 20, "GET ?limit=500": 500, "GET ?limit=501": 500, "GET ?limit=0": 50, "GET ?limit=abc": 50,
    "GET ?offset=-5": 50,
}  # fmt: skip
"""Lists that the recording replaced by their sizes -> how many events the page has."""

TOTALS_UNKNOWN = 1000
"""A recorded total from here on counts events whose requests are lost."""

AUTH_DISABLED = "[AUTH_DISABLED]"
"""Begins the names of requests to a server that asked for no key: ours gets one."""

SERVER_TIME = "2026-11-21T03:57:"
"""Timestamps that the recorded server made itself."""

KINDS = {
    "id": re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}"),
    "hash": re.compile(r"[0-9a-f]{64}"),
    "prevHash": re.compile(r"[0-9a-f]{64}"),
    "version": re.compile(r"\d+\.\d+\.\d+"),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "verifiedAt": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "firstHash": re.compile(r"[0-9a-f]{64}"),
    "lastHash": re.compile(r"[0-9a-f]{64}"),
    "bucket": re.compile(r"\d{4}-\d\d-\d\dT00:00:00Z"),
}
"""Members whose value is another every time -> the form it has."""


def differences(theirs: Any, ours: Any, at: str = "") -> Iterator[str]:
    """Where two JSON values differ in more than what must differ."""
    name = at.rpartition(".")[2]
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if theirs.keys() != ours.keys():
            yield f"{at}: members {sorted(theirs)} there, {sorted(ours)} here"
        for key in theirs.keys() & ours.keys():
            yield from differences(theirs[key], ours[key], f"{at}.{key}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            yield f"{at}: {len(theirs)} elements there, {len(ours)} here"
        for index, (one, other) in enumerate(zip(theirs, ours, strict=False)):
            yield from differences(one, other, f"{at}.{index}")
    elif isinstance(theirs, str) and _changes(name, theirs):
        if not (isinstance(ours, str) and KINDS[name].fullmatch(ours)):
            yield f"{at}: {ours!r} here is of another form"
    elif name == "total" and theirs >= TOTALS_UNKNOWN:
        if not ours >= TOTALS_UNKNOWN:
            yield f"{at}: only {ours} here"
    elif name != "latencyMs" and theirs != ours:
        yield f"{at}: {theirs!r} there, {ours!r} here"


def _changes(name: str, theirs: str) -> bool:
    """Whether a value is another every time."""
    kind = KINDS.get(name)
    return bool(kind and kind.fullmatch(theirs)) and (name != "timestamp" or theirs.startswith(SERVER_TIME))


def form(value: Any) -> Any:
    """What a JSON value is made of: members, and of what kind they are; of a list its first element."""
    if isinstance(value, dict):
        return {name: form(member) for name, member in value.items()}
    if isinstance(value, list):
        return [form(element) for element in value[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


class Replay:
    """One pass over the recording. Owns the ids that our server gave where the recorded one gave others."""

    def __init__(self, client: httpx.Client, key: str) -> None:
        self.client = client
        self.key = key
        self.ids: dict[str, str] = {}

    def restore(self, pair: dict[str, Any]) -> None:
        """Send what must have been sent before this pair."""
        if pair["name"] not in LOST:
            return
        wanted = ("sessionId", "agentId", "eventType", "payload")
        events = LOST[pair["name"]]
        if events is None:
            events = [{name: each[name] for name in wanted} for each in pair["response"]["body"]["events"]]
        headers = {"Authorization": f"Bearer {self.key}"}
        self.client.post("/api/events", content=json.dumps({"events": events}), headers=headers).raise_for_status()

    def play(self, pair: dict[str, Any]) -> list[str]:
        """Send the request of a pair; what differs in the answer."""
        request, theirs = pair["request"], pair["response"]
        path = request["path"]
        for known, ours in self.ids.items():
            path = path.replace(known, ours)
        headers = {name: value.replace("als_<key>", self.key) for name, value in request["headers"].items()}
        if pair["name"].startswith(AUTH_DISABLED):
            headers["Authorization"] = f"Bearer {self.key}"
        answer = self.client.request(request["method"], path, headers=headers, content=self._body(pair))
        found = list(self._compare(pair["name"], theirs, answer))
        if not found and answer.status_code == 201:
            given = zip(theirs["body"]["events"], answer.json()["events"], strict=True)
            self.ids.update((known["id"], ours["id"]) for known, ours in given)
        return found

    def _body(self, pair: dict[str, Any]) -> bytes | None:
        body = pair["request"]["body"]
        if pair["name"] in PLACEHOLDERS:
            body = {"events": [PLACEHOLDERS[pair["name"]]]}
        if body is None or isinstance(body, str):
            return body and body.encode()
        return json.dumps(body).encode()

    def _compare(self, name: str, theirs: dict[str, Any], answer: httpx.Response) -> Iterator[str]:
        if answer.status_code != theirs["status"]:
            yield f"status {theirs['status']} there, {answer.status_code} here"
        for header, value in theirs.get("headers", {}).items():
            if theirs["body"] != "" and not answer.headers.get(header, "").startswith(value):
                yield f"header {header}: {value!r} there, {answer.headers.get(header)!r} here"
        if name in LENGTHS:
            yield from differences(LENGTHS[name], len(answer.json()["events"]))
        elif name in SHAPES:
            if form(theirs["body"]) != form(answer.json()):
                yield f"{form(theirs['body'])} there, {form(answer.json())} here"
        else:
            yield from differences(theirs["body"], answer.json() if answer.content else "")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> dict[str, list[str]]:
    """Name of a pair -> what differs, from one pass against a server of its own, which begins empty."""
    server = storing.start(tmp_path_factory.mktemp("recorded") / "data")
    found = {}
    try:
        with httpx.Client(base_url=server.base_url, timeout=30) as client:
            replay = Replay(client, server.key("agentlens"))
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
        assert {*DIFFERENCES, *PLACEHOLDERS, *LOST, *LENGTHS, *SHAPES} <= set(names)


def test_every_difference_has_its_reason_in_the_readme() -> None:
    reasons = set(re.findall(r"^\| ([^|]+?) \|", README.read_text().partition("## Where we differ")[2], re.MULTILINE))
    assert set(DIFFERENCES.values()) <= reasons
