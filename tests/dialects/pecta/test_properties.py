"""What holds for every body: refused in words, or kept as it was sent."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.dialects.contract import Intake, Request
from affidavit.dialects.pecta import DIALECT
from affidavit.dialects.pecta.routes import ingest, register
from affidavit.errors import Refused
from affidavit.model.draft import Draft
from tests.dialects.jsonvalues import texts, values

NAMES = (
    "agent_id", "id", "tool", "passed", "gates", "total_latency_ms", "timestamp", "evaluation_id", "name",
    "latency_ms", "reason", "skipped", "events",
)  # fmt: skip

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
gates = st.fixed_dictionaries(
    {"name": texts, "passed": st.booleans(), "latency_ms": numbers},
    optional={"reason": texts, "skipped": st.booleans(), "more": values},
)
evaluations = st.fixed_dictionaries(
    {
        "agent_id": texts.filter(bool),
        "passed": st.booleans(),
        "gates": st.lists(gates, max_size=3),
        "total_latency_ms": numbers.filter(lambda number: number <= 60_000),
    },
    optional={
        "tool": texts | st.none(),
        "timestamp": st.sampled_from(["", "2026-05-07T14:22:10.000Z", "2026-05-07", None]),
        "evaluation_id": texts,
        "more": values,
    },
)
nearly = st.builds(lambda event, odd: {**event, **odd}, evaluations, st.dictionaries(st.sampled_from(NAMES), values))


def recorded_of(decode: Callable[[Request], Intake], value: Any) -> list[Draft]:
    """What a body leaves behind; nothing, if it is refused in words. Any other exception is the test's failure."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    try:
        return decode(Request("POST", "/v1/ingest", {}, {}, {}, body, 0)).drafts
    except Refused as refusal:
        error = refusal
    assert json.loads(DIALECT.refuse(error).body)["code"] in ("bad_json", "validation_error")
    return []


def exactly(body: bytes) -> Any:
    """A JSON document with its numbers as decimals: not one digit may differ."""
    return json.loads(body, parse_int=Decimal, parse_float=Decimal)


def assert_kept(draft: Draft, value: Any) -> None:
    body = json.dumps(value).encode()
    assert draft.payload == canonical.encode(canonical.parse(body))
    assert exactly(draft.payload) == exactly(body)
    payload = canonical.parse(draft.payload)
    assert DIALECT.project(payload) == draft.projection
    assert (DIALECT.evidence(payload) is None) == (draft.projection.type == "agent_registered")
    assert draft.projection.agent
    draft.projection.agent.encode()


@given(st.lists(evaluations, min_size=1, max_size=5))
def test_evaluations_are_recorded_exactly(events: list[Any]) -> None:
    drafts = recorded_of(ingest, {"events": events})
    assert len(drafts) == len(events)
    for draft, event in zip(drafts, events, strict=True):
        assert_kept(draft, event)


@given(st.lists(nearly | values, min_size=1, max_size=3))
def test_events_are_refused_or_recorded_exactly(events: list[Any]) -> None:
    drafts = recorded_of(ingest, {"events": events})
    assert len(drafts) in (0, len(events))
    for draft, event in zip(drafts, events, strict=False):
        assert_kept(draft, event)


@given(st.dictionaries(st.sampled_from(NAMES) | texts, texts | values, max_size=4) | values)
def test_a_registration_is_refused_or_recorded_exactly(value: Any) -> None:
    for draft in recorded_of(register, value):
        assert_kept(draft, value)


@given(values | st.binary(max_size=60))
def test_anything_is_refused_in_words(value: Any) -> None:
    recorded_of(ingest, value)
    recorded_of(register, value)


@given(values | nearly)
def test_a_payload_is_read_or_refused_with_a_value_error(value: Any) -> None:
    for read in (DIALECT.project, DIALECT.evidence):
        with contextlib.suppress(ValueError):
            read(value)
