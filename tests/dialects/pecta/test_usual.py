"""The short cut takes nothing that the rules refuse, and what clients send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.dialects.pecta.usual import are_usual
from affidavit.dialects.pecta.wire import check_event
from tests.dialects.pecta.conftest import event
from tests.dialects.pecta.test_properties import evaluations, nearly

GATE = {"name": "g", "passed": True, "latency_ms": 1}


@given(st.lists(evaluations | nearly, max_size=4))
def test_what_it_takes_the_rules_take(sent: list[Any]) -> None:
    events = canonical.parse(canonical.write(sent))
    if are_usual(events):
        for number, one in enumerate(events):
            check_event(one, f"events[{number}]")


@pytest.mark.parametrize(
    ("more", "usual"),
    [
        ({}, True),
        ({"agent_id": "😀" * 200}, True),
        ({"agent_id": "😀" * 201}, False),
        ({"agent_id": ""}, False),
        ({"tool": "x" * 201}, False),
        ({"evaluation_id": "x" * 51}, False),
        ({"passed": 1}, False),
        ({"total_latency_ms": 60_000}, True),
        ({"total_latency_ms": 60_000.5}, False),
        ({"total_latency_ms": True}, False),
        ({"timestamp": "2026-05-07T14:22:10.000Z"}, True),
        ({"timestamp": "2026-13-07T14:22:10.000Z"}, False),
        ({"gates": [GATE] * 50}, True),
        ({"gates": [GATE] * 51}, False),
        ({"gates": [{**GATE, "reason": "x" * 501}]}, False),
        ({"gates": [{**GATE, "latency_ms": True}]}, False),
        ({"gates": [{**GATE, "skipped": None}], "unknown": {"kept": True}}, True),
        ({"\ud800": 1}, False),  # which says nothing: the rules take it
    ],
)
def test_where_its_limits_are(more: dict[str, Any], usual: bool) -> None:
    assert are_usual(canonical.parse(canonical.write([event(), {**event(), **more}]))) is usual
