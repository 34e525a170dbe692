"""GET /api/v1/analytics/overview and /tools, against sums over the events themselves."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from affidavit.core import instants
from affidavit.dialects.trenchcoat.analytics import days_of, tools
from affidavit.dialects.trenchcoat.arithmetic import mean, percentile, to_tenths
from affidavit.errors import StoreUnreadable

from .conftest import NOON, Ledger, plugged

MISSING = "Missing required query parameters: from, to (YYYY-MM-DD)"
EMPTY = {
    "total_sessions": 0,
    "total_events": 0,
    "total_tool_uses": 0,
    "total_agent_calls": 0,
    "active_days": 0,
    "avg_session_duration_min": 0,
    "avg_tools_per_session": 0,
}


def on(moment: str, kind: str = "tool_result", session: str = "s1", **data: Any) -> dict[str, Any]:
    """An event of the plugin at `dayThh:mm` of January 2026."""
    return plugged(ts=f"2026-01-{moment}:00Z", event=kind, session_id=session, data=data)


def ask(ledger: Ledger, what: str, since: str, until: str) -> Any:
    """The data of an analytics route over some days."""
    status, body = ledger.get(f"/analytics/{what}", {"from": since, "to": until})
    assert status == 200
    assert body["meta"] == {"requestId": f"req_{NOON:x}", "timestamp": "2026-09-21T14:13:20.000Z"}
    return body["data"]


@pytest.mark.parametrize("what", ["overview", "tools"])
@pytest.mark.parametrize("query", [{}, {"from": "2026-01-01"}, {"to": "2026-01-01"}, {"from": "", "to": "2026-01-01"}])
def test_the_days_are_required(ledger: Ledger, what: str, query: dict[str, str]) -> None:
    error = {"code": "BAD_REQUEST", "message": MISSING}
    assert ledger.get(f"/analytics/{what}", query) == (400, {"error": error})


@pytest.mark.parametrize("what", ["overview", "tools"])
def test_the_days_are_days(ledger: Ledger, what: str) -> None:
    status, body = ledger.get(f"/analytics/{what}", {"from": "2026-01-01", "to": "tomorrow"})
    assert (status, body["error"]["code"]) == (400, "BAD_REQUEST")
    assert body["error"]["message"].startswith("to must be ")


def test_days_are_whole_and_both_included() -> None:
    days = days_of({"from": "2026-01-02T23:30:00-01:00", "to": "2026-01-04"})
    assert instants.micros_text(days.since) == "2026-01-03T00:00:00.000000Z"
    assert instants.micros_text(days.until) == "2026-01-04T23:59:59.999999Z"
    assert instants.micros_text(days.before().since) == "2026-01-01T00:00:00.000000Z"
    assert instants.micros_text(days.before().until) == "2026-01-02T23:59:59.999999Z"


def test_nothing(ledger: Ledger) -> None:
    assert ask(ledger, "overview", "2026-01-01", "2026-01-31") == EMPTY
    assert ask(ledger, "tools", "2026-01-01", "2026-01-31") == []
    ledger.send(on("02T10:00"))
    assert ask(ledger, "overview", "2026-01-03", "2026-01-01") == EMPTY
    assert ask(ledger, "overview", "0000-01-01", "9999-12-31")["total_events"] == 1
    assert ask(ledger, "tools", "0000-01-01", "9999-12-31") == []


def test_an_overview(ledger: Ledger) -> None:
    ledger.send(
        on("01T23:00", "session_start", "before"),
        on("02T00:00", "session_end", "before"),
        on("02T00:00", "session_start", "long"),
        on("02T10:00", "tool_use", "long"),
        on("02T10:01", "tool_result", "long"),
        on("05T00:00", "subagent_stop", "long"),
        on("04T12:00", "tool_use", "short"),
        on("04T12:03", "prompt_submit", "short"),
        on("04T12:00", "error", "moment"),
        on("05T01:00", "session_end", "long"),
        on("06T00:00", "session_end", "late"),
    )
    assert ask(ledger, "overview", "2026-01-02", "2026-01-05") == {
        "total_sessions": 4,
        "total_events": 9,
        "total_tool_uses": 3,
        "total_agent_calls": 1,
        "active_days": 3,
        "avg_session_duration_min": (3 * 1440 + 60 + 3) / 2,  # of long and short: one began before, one has none
        "avg_tools_per_session": 0.8,
    }


def test_tools(ledger: Ledger) -> None:
    ledger.send(
        *[on("10T10:00", tool_name="Read", duration_ms=ms) for ms in (10, 20, 41)],
        on("10T10:00", tool_name="Read"),
        on("10T10:00", tool_name="Bash", duration_ms=1.5),
        on("10T10:00", tool_name="Bash", duration_ms="12"),
        on("10T10:00", tool_name="Edit", duration_ms=-1),
        on("10T10:00", "tool_use", tool_name="Edit"),
        on("10T10:00", tool_name=7),
        on("10T10:00"),
        on("09T10:00", tool_name="Read"),
        on("09T10:00", tool_name="Edit"),
        *[on("08T10:00", tool_name="Bash")] * 3,
    )
    assert ask(ledger, "tools", "2026-01-10", "2026-01-10") == [
        tool("Read", 4, 24, 20, 40.58, 300),
        tool("Bash", 2, 2, 2, 2, None),
        tool("Edit", 1, None, None, None, 0),
    ]
    two_days = ask(ledger, "tools", "2026-01-09", "2026-01-10")
    assert [(row["tool_name"], row["count"], row["trend"]) for row in two_days] == [
        ("Read", 5, None),
        ("Bash", 2, -33.3),
        ("Edit", 2, None),
    ]


def tool(name: str, count: int, average: Any, median: Any, high: Any, trend: Any) -> dict[str, Any]:
    """A row of the tools."""
    return {
        "tool_name": name,
        "count": count,
        "avg_duration_ms": average,
        "p50_duration_ms": median,
        "p99_duration_ms": high,
        "trend": trend,
    }


def test_at_most_twenty_tools(ledger: Ledger) -> None:
    ledger.send(*[on("10T10:00", tool_name=f"tool{number:02}") for number in range(25)])
    rows = ask(ledger, "tools", "2026-01-10", "2026-01-10")
    assert [row["tool_name"] for row in rows] == [f"tool{number:02}" for number in range(20)]


@pytest.mark.parametrize("duration", [1e300, 2**53 + 1, 10**400, True, None, [], -0.5])
def test_what_is_no_duration(ledger: Ledger, duration: Any) -> None:
    ledger.send(on("10T10:00", tool_name="Read", duration_ms=duration))
    assert ask(ledger, "tools", "2026-01-10", "2026-01-10") == [tool("Read", 1, None, None, None, None)]


def test_payloads_that_are_gone_or_changed(ledger: Ledger) -> None:
    ledger.send(on("10T10:00", tool_name="Read"))
    (entry,) = ledger.store.scan(0, 1)
    days = days_of({"from": "2026-01-10", "to": "2026-01-10"})

    class Changed:
        """A reading side whose one entry has another payload."""

        def __init__(self, payload: bytes) -> None:
            self.payload = payload

        def scan(self, _: Any) -> Any:
            return iter([replace(entry, payload=self.payload)])

    assert tools(days, Changed(b"")) == []  # type: ignore[arg-type]
    for payload in (b"{", b"{}", b'{"event":"tool_result","session_id":"s","ts":"x","data":[]}'):
        with pytest.raises(StoreUnreadable, match="affidavit verify"):
            tools(days, Changed(payload))  # type: ignore[arg-type]


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**9))
def test_tenths_are_postgresqls(numerator: int, denominator: int) -> None:
    with localcontext(prec=60):  # so many digits that no quotient is rounded onto a half that it is not
        quotient = Decimal(numerator) / denominator
    assert to_tenths(numerator, denominator) == float(quotient.quantize(Decimal("0.1"), ROUND_HALF_UP))


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_percentiles_lie_between_their_neighbours(values: list[int]) -> None:
    ordered = sorted(values)
    for percent in (0, 50, 99, 100):
        place = Decimal(percent) * (len(values) - 1) / 100
        low, high = ordered[int(place)], ordered[min(int(place) + 1, len(values) - 1)]
        assert percentile(Counter(values), percent) == float(low + (high - low) * (place - int(place)))
    average = (Decimal(sum(values)) / len(values)).quantize(Decimal(1), ROUND_HALF_UP)
    assert mean(Counter(values)) == int(average)


def test_of_nothing_there_is_nothing() -> None:
    assert (mean(Counter()), percentile(Counter(), 50), to_tenths(5, 0)) == (None, None, 0)
    assert [str(to_tenths(*pair)) for pair in ((2, 1), (-1, 2), (1, 20), (-1, 20))] == ["2", "-0.5", "0.1", "-0.1"]
