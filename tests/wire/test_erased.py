"""Every read of every dialect over a ledger with erased entries: nothing fails, totals hold, markers are told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import jsonschema_rs
import pytest

from affidavit import dialects
from affidavit.dialects.contract import Read
from tests import tables
from tests.invoking import invoke
from tests.openapi.documents import DOCUMENTS
from tests.running import Running
from tests.storing import Storing
from tests.wire.callers import Callers
from tests.wire.reports import REPORTS

ROUTES = [(name, route) for name, dialect in sorted(dialects.load().items()) for route in dialect.reads]
TELLING: Mapping[str, str] = {
    "agentlens": "/api/events/{ulid}",
    "provenlog": "/v1/events/{id}",
    "affidavit": "/v1/affidavit/entries/{id}",
}
"""Where an erased entry can be asked for by its id."""
SPAN = {"from": "2020-01-01", "to": "2099-01-01"}


class Erased(NamedTuple):
    """A running server, callers of it, and what was erased: every second entry, or all."""

    callers: Callers
    entries: list[dict[str, Any]]
    subjects: dict[str, str]


@pytest.fixture(scope="module", params=[2, 1], ids=["half of it", "all of it"])
def erased(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, storing: Storing
) -> Iterator[Erased]:
    """Two requests to every route that records, then `affidavit erase`, then the server again."""
    server = storing.start(tmp_path_factory.mktemp("erased") / "data")
    callers, subjects = Callers(server), {}
    try:
        for report in REPORTS:
            subject = subjects[report.dialect] = report.subject(callers(report.dialect))
            for note in ("one", "two"):
                answer = report.send(callers(report.dialect), subject, None, note=note)
                assert answer.status_code < 300 or "deactivate" in report.path
    finally:
        callers.close()
        server.stop()
    entries = [entry for entry in _entries(server.data) if entry["dialect"] != "affidavit"]
    doomed = entries[:: request.param]
    grounds = ("--reason", "a test", "--authority", "a test")
    assert invoke("erase", *(entry["id"] for entry in doomed), *grounds, "--data", server.data).code == 0
    again = storing.start(server.data)
    callers = Callers(again)
    try:
        yield Erased(callers, doomed, subjects)
    finally:
        callers.close()
        assert again.stop() == 0
    _proven(again)


def _entries(data: Path) -> list[dict[str, Any]]:
    outcome = invoke("tail", "--no-follow", "-n", "1000", "--json", "--data", data)
    return [json.loads(line) for line in outcome.stdout.splitlines()]


def _proven(server: Running) -> None:
    assert invoke("verify", "--data", server.data).code == 0


@pytest.mark.parametrize(("dialect", "route"), ROUTES, ids=[f"{name} {route.path}" for name, route in ROUTES])
def test_no_read_fails(erased: Erased, dialect: str, route: Read) -> None:
    """Of what is there, of what is gone, and of what never was; and each answer is what its document says."""
    subject = erased.subjects.get(dialect, "nobody")
    names = {**SPAN, "agent": subject, "agent_id": subject, "agentId": subject, "q": "note", "since": "2020-01-01"}
    asked = [({}, subject), (SPAN, subject), (names, subject)]
    asked += [(SPAN, entry[name]) for entry in erased.entries[:6] for name in ("id", "ulid", "chain")]
    for query, named in asked:
        path = route.path
        for part in ("{id}", "{asn}", "{agentId}"):
            path = path.replace(part, named)
        answer = erased.callers(dialect).get(f"/{dialect}{path}", params=query)
        assert answer.status_code < 500, (answer.request.url, answer.text)
        _matches(dialect, route.path, answer)


def _matches(dialect: str, path: str, answer: httpx.Response) -> None:
    document = DOCUMENTS[dialect]
    described = document["paths"][path]["get"]["responses"].get(str(answer.status_code))
    content = {} if described is None else described.get("content", {}).get("application/json", {})
    if "schema" in content:
        jsonschema_rs.validate({**content["schema"], "components": document["components"]}, answer.json())


@pytest.mark.parametrize("dialect", TELLING)
def test_an_erased_entry_says_so(erased: Erased, dialect: str) -> None:
    """Its id, its hash, its time of receipt, and that it is erased; and nothing that it said."""
    own = [entry for entry in erased.entries if dialect in (entry["dialect"], "affidavit")]
    assert own
    for entry in own:
        told = erased.callers(dialect).get(f"/{dialect}{TELLING[dialect]}".format(**entry)).json()
        assert told["erased"] is True
        assert told["id"] in (entry["id"], entry["ulid"])
        assert told["hash"] == entry["hash"]
        text = json.dumps(told)
        assert entry["salt"] not in text
        assert not any(entry[name] and entry[name] in text for name in ("agent", "session"))


def test_what_is_not_erased_does_not_say_so(erased: Erased) -> None:
    page = erased.callers("affidavit").get("/v1/affidavit/entries", params={"limit": 200}).json()["entries"]
    gone = {entry["id"] for entry in erased.entries}
    assert {entry["id"] for entry in page if "erased" in entry} == gone
    assert {entry["id"] for entry in page if entry["payload"] is None} == gone


def test_totals(erased: Erased) -> None:
    """An erased event was recorded, and counts where events are counted."""

    def count(dialect: str) -> int:
        return sum(report.entries for report in REPORTS if report.dialect == dialect) * 2

    events = erased.callers("agentlens").get("/agentlens/api/events", params={"limit": 500}).json()
    assert events["total"] == len(events["events"]) == count("agentlens")
    assert erased.callers("provenlog").get("/provenlog/v1/stats").json()["total_events"] == count("provenlog")
    assert erased.callers("provenlog").get("/provenlog/v1/stats").json()["chain_health"] == 1.0
    listed = erased.callers("provenlog").get("/provenlog/v1/events", params={"limit": 500}).json()
    exported = erased.callers("provenlog").get("/provenlog/v1/export").json()
    assert len(listed) == len(exported["events"]) == len(exported["merkle_proofs"]) == count("provenlog")


def test_chains_are_walked_in_pages(erased: Erased) -> None:
    """Those without a key too, each once."""
    client, seen, cursor = erased.callers("affidavit"), list[str](), ""
    while True:
        page = client.get("/v1/affidavit/chains", params={"limit": 1, "cursor": cursor}).json()
        seen += [chain["id"] for chain in page["chains"]]
        cursor = page["next"]
        if not cursor:
            break
    whole = client.get("/v1/affidavit/chains", params={"limit": 1000}).json()["chains"]
    assert seen == [chain["id"] for chain in whole]
    assert len(set(seen)) == len(seen)
    assert sum(chain.get("erased", 0) for chain in whole) == len(erased.entries)


def test_scores_are_those_of_what_is_left(erased: Erased) -> None:
    subject = erased.subjects["pecta"]
    outcome = invoke("score", subject, "--data", erased.callers.server.data, "--recompute", "--json")
    assert outcome.code in (0, 1), outcome.stderr
    answer = erased.callers("pecta").get(f"/pecta/v1/reputation/{subject}")
    assert answer.status_code == 200


def test_a_repeated_request_after_its_erasure(tmp_path: Path, storing: Storing) -> None:
    """Is refused: it was recorded once, and is not told again. What was kept of its body tells no body."""
    report = REPORTS[0]
    server = storing.start(tmp_path / "data")
    callers = Callers(server)
    try:
        sent = report.send(callers(report.dialect), "subject", "key", note="note")
    finally:
        callers.close()
        server.stop()
    request = _digest(server.data)
    assert len(request) == 32
    assert request != sha256(sent.request.content).digest()
    grounds = ("--reason", "a test", "--authority", "a test")
    assert invoke("erase", sent.json()["id"], *grounds, "--data", server.data).code == 0
    assert _digest(server.data) == b""
    again = storing.start(server.data)
    callers = Callers(again)
    try:
        refused = report.send(callers(report.dialect), "subject", "key", note="note")
        assert refused.status_code == 422
        assert "erased" in refused.json()["error"]
    finally:
        callers.close()
        again.stop()
    assert [entry["dialect"] for entry in _entries(server.data)].count(report.dialect) == 1


def _digest(data: Path) -> bytes:
    ((digest,),) = tables.ask(data, "SELECT request FROM affidavit.repeats")
    return bytes(digest)
