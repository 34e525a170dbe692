"""POST /activity/report and /report/batch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit.core import canonical
from affidavit.core.ids import uuid_text
from affidavit.dialects.asn.wire import MAX_EVENTS
from affidavit.dialects.contract import MAX_EVENT_BYTES
from tests.dialects.asn import page
from tests.dialects.asn.calling import Caller, Ledger, error_of

REPORT, BATCH = "/activity/report", "/activity/report/batch"


def event(**more: Any) -> dict[str, Any]:
    """A valid event, but for what is given."""
    return {"asn": page.ASN, "event_type": "task_completed", **more}


def test_the_pages_report(owner: Caller, ledger: Ledger) -> None:
    status, answer = owner.post(REPORT, page.REPORT)
    sent, entry = json.loads(page.REPORT), ledger.entries()[-1]
    assert status == 201
    assert list(answer) == page.REPORTED
    assert answer == {
        "id": uuid_text(entry.id),
        "agent_id": owner.get(f"/agents/{page.ASN}")[1]["id"],
        "event_type": "task_completed",
        "severity": "info",
        "metadata": sent["metadata"],
        "reported_by": "operator",
        "created_at": "2026-09-21T14:13:22.000Z",
    }
    assert entry.payload == canonical.encode(sent)


def test_the_pages_batch(owner: Caller, ledger: Ledger) -> None:
    status, answer = owner.post(BATCH, page.BATCH)
    assert status == 201
    assert list(answer) == ["data", "accepted"]
    assert answer["accepted"] == 2
    assert [list(each) for each in answer["data"]] == [page.REPORTED] * 2
    assert [each["metadata"]["task_id"] for each in answer["data"]] == ["scan-42", "scan-43"]
    assert [each["id"] for each in answer["data"]] == [uuid_text(entry.id) for entry in ledger.entries()[-2:]]


@pytest.mark.parametrize("kind", [*page.TYPES, "x", "y" * 50, "ü" * 50, "agent_registered", "agent_deactivated"])
@pytest.mark.parametrize("severity", page.SEVERITIES)
def test_any_type_and_every_severity(owner: Caller, ledger: Ledger, kind: str, severity: str) -> None:
    assert owner.report(page.ASN, kind, severity=severity)[0] == 201
    entry = ledger.entries()[-1]
    assert (entry.agent, entry.session, entry.type, entry.severity) == (page.ASN, None, kind, severity)
    assert entry.time == entry.at
    assert owner.report(page.ASN)[0] == 201, "whatever is reported, the agent is as it was"


def test_what_is_not_sent_is_filled_in_and_not_recorded(owner: Caller, ledger: Ledger) -> None:
    for sent in (event(), event(severity=None, metadata=None)):
        status, answer = owner.post(REPORT, sent)
        assert (status, answer["severity"], answer["metadata"]) == (201, "info", {})
        assert json.loads(ledger.entries()[-1].payload) == sent


def test_unknown_members_are_kept(owner: Caller, ledger: Ledger) -> None:
    sent = event(trace={"id": 12345678901234567890}, registered={"name": "x", "class": "A"}, text="\ud83d")
    status, answer = owner.post(REPORT, sent)
    assert (status, list(answer)) == (201, page.REPORTED)
    assert canonical.parse(ledger.entries()[-1].payload) == sent


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "body is not JSON"),
        (b"", "body is not JSON"),
        (b'{"asn":1,"asn":1}', 'duplicate key "asn"'),
        ([], "the body must be a JSON object, not an array"),
        (b"null", "the body must be a JSON object, not null"),
        ({"event_type": "x"}, "asn is required"),
        (event(asn=None), "asn is required"),
        (event(asn=7), "asn must be an Agent Security Number"),
        (event(asn=""), "asn must be an Agent Security Number"),
        (event(asn=page.ASN.lower()), "asn must be an Agent Security Number"),
        (event(asn=page.ASN + "\n"), "asn must be an Agent Security Number"),
        (event(asn="ASN-2026-0384-7721-AA"), "asn must be an Agent Security Number"),
        (event(asn="ASN-२०२६-0384-7721-A"), "asn must be an Agent Security Number"),
        ({"asn": page.ASN}, "event_type is required"),
        (event(event_type=""), "event_type is required"),
        (event(event_type=None), "event_type is required"),
        (event(event_type=["x"]), "event_type must be a string, not an array"),
        (event(event_type="x" * 51), "event_type must have at most 50 characters, this one has 51"),
        (event(severity="fatal"), "severity must be one of info, warning, error, critical"),
        (event(severity=["info"]), "severity must be one of info"),
        (event(metadata="x"), "metadata must be an object, not a string"),
        (event(metadata=[]), "metadata must be an object, not an array"),
        (event(metadata=True), "metadata must be an object, not true or false"),
    ],
)
def test_what_is_no_report_is_refused_by_name(owner: Caller, ledger: Ledger, body: Any, message: str) -> None:
    size = ledger.store.size()
    status, code, said = error_of(owner.post(REPORT, body))
    assert (status, code) == (400, "VALIDATION_ERROR")
    assert message in said
    if isinstance(body, dict):
        status, code, said = error_of(owner.post(BATCH, {"events": [event(), body]}))
        assert (status, code) == (400, "VALIDATION_ERROR")
        assert f"events.1.{message}" in said
    assert ledger.store.size() == size


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([event()], "the body must be a JSON object, not an array"),
        ({}, "events must be an array"),
        ({"events": event()}, "events must be an array"),
        ({"events": []}, "events must hold 1 to 1000 events, there are 0"),
        ({"events": [event()] * (MAX_EVENTS + 1)}, "events must hold 1 to 1000 events, there are 1001"),
        ({"events": [event(), 7]}, "events.1 must be a JSON object, not a number"),
    ],
)
def test_what_is_no_batch_is_refused(owner: Caller, body: Any, message: str) -> None:
    status, code, said = error_of(owner.post(BATCH, body))
    assert (status, code) == (400, "VALIDATION_ERROR")
    assert message in said


def test_a_full_batch(owner: Caller) -> None:
    second = owner.register()
    events = [event(asn=(page.ASN, second)[index % 2], metadata={"n": index}) for index in range(MAX_EVENTS)]
    status, answer = owner.post(BATCH, {"events": events})
    assert (status, answer["accepted"]) == (201, MAX_EVENTS)
    assert [each["metadata"]["n"] for each in answer["data"]] == list(range(MAX_EVENTS))
    assert len({each["agent_id"] for each in answer["data"]}) == 2


def test_too_large_an_event(owner: Caller, ledger: Ledger) -> None:
    large = event(metadata={"x": "x" * MAX_EVENT_BYTES})
    size = ledger.store.size()
    for path, body, name in ((REPORT, large, "the event"), (BATCH, {"events": [event(), large]}, "events.1")):
        status, code, said = error_of(owner.post(path, body))
        assert (status, code) == (413, "PAYLOAD_TOO_LARGE")
        assert said.startswith(f"{name} has ")
    assert ledger.store.size() == size


@pytest.mark.parametrize("path", [REPORT, BATCH])
class TestWhoseAgent:
    """All drafts of a request or none."""

    def body(self, path: str, asn: str) -> Any:
        return event(asn=asn) if path == REPORT else {"events": [event(), event(asn=asn), event()]}

    def test_nobodys(self, owner: Caller, ledger: Ledger, path: str) -> None:
        size = ledger.store.size()
        status, code, said = error_of(owner.post(path, self.body(path, "ASN-2026-0000-0000-0")))
        assert (status, code) == (404, "NOT_FOUND")
        assert "ASN-2026-0000-0000-0" in said
        assert ledger.store.size() == size

    def test_anothers(self, owner: Caller, other: Caller, ledger: Ledger, path: str) -> None:
        theirs = other.register()
        size = ledger.store.size()
        status, code, said = error_of(owner.post(path, self.body(path, theirs)))
        assert (status, code) == (403, "FORBIDDEN")
        assert theirs in said
        assert ledger.store.size() == size

    def test_deactivated(self, owner: Caller, ledger: Ledger, path: str) -> None:
        gone = owner.register()
        assert owner.post(f"/agents/{gone}/deactivate")[0] == 200
        size = ledger.store.size()
        status, code, said = error_of(owner.post(path, self.body(path, gone)))
        assert (status, code) == (410, "AGENT_DEACTIVATED")
        assert gone in said
        assert ledger.store.size() == size


def test_a_repeated_request_has_the_same_answer_whatever_came_after(owner: Caller) -> None:
    for path, body in ((REPORT, page.REPORT), (BATCH, page.BATCH)):
        answer = owner.send("POST", f"/api/v1{path}", body)
        kept = owner.answered
        owner.report(page.ASN, "error")
        owner.answered = kept
        assert owner.again() == answer
    owner.post(f"/agents/{page.ASN}/deactivate")
    owner.answered = kept
    assert owner.again() == answer
