"""POST /agents, GET /agents/:asn, /deactivate, /verify/:asn: who is registered, and until when."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from msgspec.structs import replace

from affidavit.core import canonical
from affidavit.dialects.asn import DIALECT
from affidavit.dialects.asn.numbers import luhn_digit
from affidavit.dialects.asn.registry import agent_of
from affidavit.dialects.asn.translate import report_draft
from affidavit.errors import StoreUnreadable
from affidavit.ledger.asking import Asking
from tests.dialects.asn import page
from tests.dialects.asn.calling import Caller, Ledger, error_of

NEW = {"name": "my agent", "class": "S"}
MEMBERS = ["id", "asn", "name", "class", "status", "trust_score_overall", "registered_at"]


def test_an_agent_gets_a_number(ledger: Ledger) -> None:
    caller = Caller(ledger, "acme")
    status, agent = caller.post("/agents", NEW)
    assert (status, list(agent)) == (201, MEMBERS)
    assert agent == agent | NEW | {
        "status": "active",
        "trust_score_overall": None,
        "registered_at": "2026-09-21T14:13:21.000Z",
    }
    form = re.fullmatch(r"ASN-(2026)-(\d{4})-(\d{4})-(\d)", agent["asn"])
    assert form
    *digits, check = form.groups()
    assert luhn_digit("".join(digits)) == int(check)
    assert caller.get(f"/agents/{agent['asn']}") == (200, agent)


def test_a_registration_is_recorded_in_the_agents_chain(ledger: Ledger) -> None:
    caller = Caller(ledger, "acme")
    sent = NEW | {"description": "scans", "capabilities": ["scan", 1.5]}
    asn = caller.post("/agents", sent)[1]["asn"]
    caller.report(asn)
    caller.post(f"/agents/{asn}/deactivate", {"reason": "replaced"})
    first, report, last = ledger.entries()
    assert first.chain == report.chain == last.chain
    assert canonical.parse(first.payload) == {"asn": asn, "registered": sent}
    assert canonical.parse(last.payload) == {"asn": asn, "deactivated": {"reason": "replaced"}}
    assert [(entry.type, entry.severity, entry.session) for entry in (first, report, last)] == [
        ("agent_registered", None, asn),
        ("task_completed", "info", None),
        ("agent_deactivated", None, asn),
    ]


def test_a_number_that_is_taken_is_drawn_again(ledger: Ledger) -> None:
    ledger.entropy = bytes
    callers = [Caller(ledger, "acme"), Caller(ledger, "other")]
    numbers = [callers[index % 2].register() for index in range(8)]
    assert len(set(numbers)) == 8


def test_no_number_is_found(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Asking, "is_known", lambda *_: True)
    answer = Caller(ledger, "acme").send("POST", "/api/v1/agents", json.dumps(NEW).encode())
    assert answer.status == 503
    assert ("Retry-After", "1") in answer.headers
    assert ledger.store.size() == 0


def test_an_agent_may_bring_its_number(owner: Caller, other: Caller, ledger: Ledger) -> None:
    assert owner.report(page.ASN)[0] == 201
    size = ledger.store.size()
    for caller in (owner, other):
        status, code, _ = error_of(caller.post("/agents", NEW | {"asn": page.ASN}))
        assert (status, code) == (409, "CONFLICT")
    assert ledger.store.size() == size


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "body is not JSON"),
        ([], "the body must be a JSON object, not an array"),
        ({"class": "A"}, "name is required"),
        (NEW | {"name": ""}, "name is required"),
        (NEW | {"name": 7}, "name must be a string, not a number"),
        (NEW | {"name": "x" * 201}, "name must have at most 200 characters, this one has 201"),
        ({"name": "x"}, "class must be one of A, S, H"),
        (NEW | {"class": "B"}, "class must be one of A, S, H"),
        (NEW | {"class": ["A"]}, "class must be one of A, S, H"),
        (NEW | {"asn": "ASN-1"}, "asn must be an Agent Security Number"),
    ],
)
def test_what_is_no_registration(ledger: Ledger, body: Any, message: str) -> None:
    status, code, said = error_of(Caller(ledger, "acme").post("/agents", body))
    assert (status, code) == (400, "VALIDATION_ERROR")
    assert message in said
    assert ledger.store.size() == 0


@pytest.mark.parametrize("kind", ["A", "S", "H"])
def test_every_class(ledger: Ledger, kind: str) -> None:
    assert Caller(ledger, "acme").post("/agents", {"name": "ü" * 200, "class": kind, "asn": None})[0] == 201


def test_a_deactivated_agent_keeps_its_history(owner: Caller, public: Caller) -> None:
    owner.report(page.ASN)
    before = owner.get(f"/agents/{page.ASN}")[1]
    status, agent = owner.post(f"/agents/{page.ASN}/deactivate")
    assert status == 200
    assert agent == before | {"status": "deactivated", "deactivated_at": "2026-09-21T14:13:24.000Z"}
    assert owner.report(page.ASN)[0] == 410
    assert owner.get(f"/agents/{page.ASN}") == public.get(f"/agents/{page.ASN}") == (200, agent)
    assert owner.get(f"/agents/{page.ASN}/activity")[1]["pagination"]["total"] == 1
    assert public.get(f"/verify/{page.ASN}")[1]["status"] == "deactivated"


def test_who_may_deactivate(owner: Caller, other: Caller, ledger: Ledger) -> None:
    path = f"/agents/{page.ASN}/deactivate"
    size = ledger.store.size()
    assert error_of(other.post(path))[:2] == (403, "FORBIDDEN")
    assert error_of(owner.post("/agents/ASN-2026-0000-0000-0/deactivate"))[:2] == (404, "NOT_FOUND")
    assert error_of(owner.post("/agents/nonsense/deactivate"))[:2] == (404, "NOT_FOUND")
    for body in ([], b"null", b"{", b"\xff"):
        assert error_of(owner.post(path, body))[:2] == (400, "VALIDATION_ERROR")
    assert ledger.store.size() == size
    assert owner.post(path, b" \n")[0] == 200
    assert error_of(owner.post(path))[:2] == (410, "AGENT_DEACTIVATED")


def test_a_report_that_was_checked_just_before_changes_nothing(owner: Caller, public: Caller, ledger: Ledger) -> None:
    """What is checked and what is committed meanwhile do not see each other (README, "Who may do what")."""
    late = report_draft({"asn": page.ASN, "event_type": "agent_deactivated"}, "the event")
    owner.post(f"/agents/{page.ASN}/deactivate")
    ledger.record(ledger.workspace("acme"), [late])
    assert owner.report(page.ASN)[0] == 410
    assert public.get(f"/agents/{page.ASN}")[1]["deactivated_at"] == "2026-09-21T14:13:22.000Z"
    assert owner.get(f"/agents/{page.ASN}/activity")[1]["pagination"]["total"] == 1


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"asn":"ASN-2026-0384-7721-A","registered":{"name":"x"}}'])
def test_a_payload_that_was_changed_is_told(owner: Caller, ledger: Ledger, payload: bytes) -> None:
    changed = replace(ledger.entries()[0], payload=payload)
    with pytest.raises(StoreUnreadable, match="affidavit verify") as raised:
        agent_of([changed])
    assert raised.value.position == 0


def test_answers_are_the_same_again(ledger: Ledger) -> None:
    caller = Caller(ledger, "acme")
    answer = caller.send("POST", "/api/v1/agents", json.dumps(NEW).encode())
    kept = caller.answered
    asn = json.loads(answer.body)["asn"]
    for _ in range(20):
        caller.report(asn)
    caller.answered = kept
    assert caller.again() == answer
    ended = caller.send("POST", f"/api/v1/agents/{asn}/deactivate")
    assert json.loads(ended.body)["trust_score_overall"] == 90.0
    ledger.now += 10**15
    assert caller.again() == ended


def test_verification_says_who_runs_it(owner: Caller, public: Caller, other: Caller) -> None:
    for caller in (owner, public, other):
        assert caller.get(f"/verify/{page.ASN}") == (
            200,
            {
                "asn": page.ASN,
                "status": "active",
                "ownership_verified": True,
                "kyc_verified": False,
                "trust_score": None,
                "operator_name": "acme",
            },
        )


@pytest.mark.parametrize("asn", ["ASN-2026-0000-0000-0", "nonsense", "", "ASN-2026-0384-7721-A "])
@pytest.mark.parametrize("route", [route.path for route in DIALECT.reads])
def test_nobodys_number_is_404_everywhere(owner: Caller, public: Caller, route: str, asn: str) -> None:
    path = route.removeprefix("/api/v1").replace("{asn}", asn)
    for caller in (owner, public):
        assert error_of(caller.get(path))[:2] == (404, "NOT_FOUND")
