"""GET /agents/:asn/activity: everything for the owner, the newest 50 for everybody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.asn import page
from tests.dialects.asn.calling import Caller, Ledger, error_of

PATH = page.ACTIVITY.removeprefix("/api/v1")
LISTED = [name for name in page.REPORTED if name != "agent_id"]
DAY_SECONDS = 86_400


@pytest.fixture
def busy(owner: Caller) -> Caller:
    """120 events, every third one an error, numbered from 0."""
    for number in range(120):
        assert (
            owner.report(page.ASN, "error" if number % 3 == 0 else "task_completed", metadata={"n": number})[0] == 201
        )
    return owner


def numbers(answer: Any) -> list[int]:
    """Which events a page has."""
    return [each["metadata"]["n"] for each in answer["data"]]


def test_the_pages_request(owner: Caller) -> None:
    reported = owner.post("/activity/report", page.REPORT)[1]
    status, answer = owner.get(PATH, **page.ACTIVITY_QUERY)
    assert (status, list(answer)) == (200, ["data", "pagination"])
    assert list(answer["data"][0]) == LISTED
    assert answer["data"] == [{name: reported[name] for name in LISTED}]
    assert answer["pagination"] == {"page": 1, "per_page": 20, "total": 1, "total_pages": 1}


def test_the_owner_pages_through_everything(busy: Caller) -> None:
    seen: list[int] = []
    for number in range(1, 4):
        answer = busy.get(PATH, page=str(number), per_page="50")[1]
        assert answer["pagination"] == {"page": number, "per_page": 50, "total": 120, "total_pages": 3}
        seen += numbers(answer)
    assert seen == list(range(119, -1, -1))
    assert busy.get(PATH, page="4", per_page="50")[1]["data"] == []
    assert numbers(busy.get(PATH)[1]) == list(range(119, 99, -1))
    assert busy.get(PATH)[1]["pagination"] == {"page": 1, "per_page": 20, "total": 120, "total_pages": 6}


def test_everybody_else_sees_the_newest_50_and_nothing_behind_them(busy: Caller, public: Caller, other: Caller) -> None:
    other.register()
    for caller in (public, other):
        answer = caller.get(PATH, page="3")[1]
        assert numbers(answer) == list(range(79, 69, -1))
        assert answer["pagination"] == {"page": 3, "per_page": 20, "total": 50, "total_pages": 3}
        assert caller.get(PATH, page="4")[1]["data"] == []
        errors = caller.get(PATH, type="error", per_page="50")[1]
        assert numbers(errors) == list(range(117, 69, -3))
        assert errors["pagination"]["total"] == 16
        assert caller.get(PATH, to="2026-09-21T14:14:31Z")[1]["data"] == [], "older than the newest 50"
        assert numbers(caller.get(PATH, from_="2026-09-21T14:15:21Z")[1]) == [119]


def test_filters(busy: Caller) -> None:
    assert busy.get(PATH, type="error")[1]["pagination"]["total"] == 40
    assert busy.get(PATH, type="Error")[1]["pagination"] == {"page": 1, "per_page": 20, "total": 0, "total_pages": 0}
    assert busy.get(PATH, type="", from_="", to="", page="", per_page="")[1]["pagination"]["total"] == 120
    # The event numbered 10 came 12 seconds after 14:13:20: both ends are inclusive.
    assert numbers(busy.get(PATH, from_="2026-09-21T14:13:32Z", to="2026-09-21T14:13:33.000Z")[1]) == [11, 10]
    assert numbers(busy.get(PATH, to="2026-09-21T16:13:22 02:00")[1]) == [0]
    assert numbers(busy.get(PATH, to="2026-09-21T14:13:22")[1]) == [0]


def test_an_end_date_is_meant_with_its_whole_day(busy: Caller, public: Caller, ledger: Ledger) -> None:
    ledger.now += DAY_SECONDS * 10**6
    busy.report(page.ASN, "shutdown", metadata={"n": 120})
    assert busy.get(PATH, from_="2026-09-21", to="2026-09-21")[1]["pagination"]["total"] == 120
    assert busy.get(PATH, from_="2026-09-22", to="2026-09-22")[1]["pagination"]["total"] == 1
    assert public.get(PATH, from_="2026-09-22", to="2026-09-22")[1]["pagination"]["total"] == 1
    assert busy.get(PATH, to="2026-09-20")[1]["pagination"]["total"] == 0


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"page": "0"}, "page must be a whole number from 1 to "),
        ({"page": "x"}, "page must be a whole number from 1 to "),
        ({"page": "9" * 30}, "page must be a whole number from 1 to "),
        ({"per_page": "0"}, "per_page must be a whole number from 1 to 50"),
        ({"per_page": "51"}, "per_page must be a whole number from 1 to 50"),
        ({"per_page": "-1"}, "per_page must be a whole number from 1 to 50"),
        ({"from_": "yesterday"}, "from must be an ISO 8601 instant"),
        ({"to": "2026-02-30"}, "to must be an ISO 8601 instant"),
    ],
)
def test_bad_parameters_are_refused_by_name(owner: Caller, public: Caller, query: dict[str, str], message: str) -> None:
    for caller in (owner, public):
        status, code, said = error_of(caller.get(PATH, **query))
        assert (status, code) == (400, "VALIDATION_ERROR")
        assert message in said


def test_what_the_registry_did_is_not_listed(owner: Caller, public: Caller) -> None:
    owner.report(page.ASN, "agent_registered")
    owner.post(f"/agents/{page.ASN}/deactivate")
    for caller in (owner, public):
        for query in ({}, {"type": "agent_registered"}):
            answer = caller.get(PATH, **query)[1]
            assert [each["event_type"] for each in answer["data"]] == ["agent_registered"]
            assert answer["pagination"]["total"] == 1
        assert caller.get(PATH, type="agent_deactivated")[1]["data"] == []


def test_the_last_page_there_can_be(owner: Caller) -> None:
    assert owner.get(PATH, page=str(10**12), per_page="50")[1]["data"] == []
