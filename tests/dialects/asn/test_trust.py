"""GET /agents/:asn/trust-score and its history: the answer's shape. The formulas are tested where they are."""

from __future__ import annotations

import pytest

from tests.dialects.asn import page
from tests.dialects.asn.calling import NOON, SECOND, Caller, Ledger

TRUST, HISTORY = f"/agents/{page.ASN}/trust-score", f"/agents/{page.ASN}/trust-score/history"
DIMENSIONS = {"reliability": 95.0, "accuracy": 100.0, "safety": 100.0, "speed": 80.0, "consistency": 95.0}


@pytest.fixture
def busy(owner: Caller) -> Caller:
    """19 tasks completed in 2.5 s each, one failed."""
    for _ in range(19):
        assert owner.report(page.ASN, metadata={"duration_ms": 2500})[0] == 201
    owner.report(page.ASN, "startup")
    owner.report(page.ASN, "task_failed")
    return owner


def test_too_few_events(owner: Caller, public: Caller) -> None:
    for caller in (owner, public):
        status, answer = caller.get(TRUST)
        assert (status, list(answer)) == (200, ["asn", "status", "message"])
        assert (answer["asn"], answer["status"]) == (page.ASN, "insufficient_data")
        assert "20" in answer["message"]
        assert caller.get(HISTORY)[1]["data"] == []


def test_a_score(busy: Caller, public: Caller, other: Caller, ledger: Ledger) -> None:
    for caller in (busy, public, other):
        status, answer = caller.get(TRUST)
        assert status == 200
        assert answer == {
            "asn": page.ASN,
            "overall": 94.0,
            **DIMENSIONS,
            "events_considered": 20,
            "computation_window_days": 90,
            "algorithm_version": "asn/1",
            "computed_at": answer["computed_at"],
            "computed_over": {"entries": 21, "first": 1, "last": 21, "head": ledger.entries()[-1].hash.hex()},
        }
    assert answer["computed_at"] == "2026-09-21T14:13:45.000Z"
    assert ledger.now == NOON + 25 * SECOND


def test_the_score_is_part_of_the_agent(busy: Caller, public: Caller) -> None:
    assert busy.get(f"/agents/{page.ASN}")[1]["trust_score_overall"] == 94.0
    assert public.get(f"/verify/{page.ASN}")[1]["trust_score"] == 94.0
    assert busy.post(f"/agents/{page.ASN}/deactivate")[1]["trust_score_overall"] == 94.0


def test_history_is_by_days(busy: Caller, public: Caller) -> None:
    status, answer = public.get(HISTORY)
    assert (status, list(answer)) == (200, ["asn", "data", "algorithm_version", "computed_at"])
    assert answer["data"] == [{"date": "2026-09-21", "overall": 94.0, **DIMENSIONS, "events_considered": 20}]
    assert answer["algorithm_version"] == "asn-history/1"
