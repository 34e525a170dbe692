"""Whatever JSON arrives: refused in words, or recorded exactly."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.core.ids import uuid_text
from affidavit.dialects.contract import Intake, Request
from affidavit.dialects.provenlog import DIALECT
from affidavit.dialects.provenlog.routes import ingest_batch, ingest_event
from affidavit.dialects.provenlog.translate import read_back
from affidavit.dialects.provenlog.wire import SERVER_FIELDS
from affidavit.errors import Refused
from affidavit.model.draft import Draft
from tests.dialects.jsonvalues import texts, values

FIELDS = (
    "agent_id", "session_id", "source", "capture_method", "action_type", "action_name", "action_input",
    "action_output", "action_status", "error_message", "timestamp", "duration_ms", "labels", "metadata", "id",
    "schema_version", "sequence", "hash", "prev_hash", "validation_warnings",
)  # fmt: skip

likely = st.one_of(
    texts,
    st.sampled_from(["TOOL_CALL", "success", "error", "sdk", "2026-02-17T10:30:00Z", "2026-02-30T00:00:00Z"]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dictionaries(texts, texts, max_size=3),
)
events = st.dictionaries(st.sampled_from(FIELDS) | texts, likely | values, max_size=12)
good_events = st.builds(lambda event, agent: {**event, "agent_id": agent}, events, texts.filter(bool))


def recorded_of(decode: Callable[[Request], Intake], body: bytes) -> list[Draft]:
    """What a body leaves behind; nothing, if it is refused in words. Any other exception is the test's failure."""
    try:
        return decode(Request("POST", "/v1/events", {}, {}, {}, body, 0)).drafts
    except Refused as refusal:
        error = refusal
    assert json.loads(DIALECT.refuse(error).body)["error"]
    return []


def exactly(body: bytes) -> Any:
    """A JSON document with its numbers as decimals: not one digit may differ."""
    return json.loads(body, parse_int=Decimal, parse_float=Decimal)


@given(values | events | good_events)
def test_an_event_is_refused_or_recorded_exactly(value: Any) -> None:
    body = json.dumps(value).encode()
    drafts = recorded_of(ingest_event, body)
    if not drafts:
        return
    (draft,) = drafts
    assert draft.payload == canonical.encode(canonical.parse(body))
    assert exactly(draft.payload) == exactly(body)
    assert DIALECT.project(canonical.parse(draft.payload)) == draft.projection
    for text in (draft.projection.agent, draft.projection.session, draft.projection.type):
        assert text is None or text.encode().decode() == text  # every store can keep it.decode() == text


@given(good_events, st.integers(1, 10**9))
def test_what_is_shown_is_what_was_sent_and_what_the_server_adds(value: dict[str, Any], seq: int) -> None:
    body = json.dumps(value).encode()
    drafts = recorded_of(ingest_event, body)
    for draft in drafts:
        entry = entry_of(draft, seq)
        shown = exactly(read_back(entry))
        assert shown.keys() == {*value, *FIELDS}
        for name, sent in exactly(body).items():
            if name not in SERVER_FIELDS and sent is not None:
                assert shown[name] == sent
        assert (shown["id"], shown["sequence"], shown["hash"]) == (uuid_text(entry.id), seq, entry.hash.hex())
        assert shown["prev_hash"] == (entry.prev.hex() if seq > 1 else "0" * 64)
        assert all(isinstance(warning, str) for warning in shown["validation_warnings"])


def entry_of(draft: Draft, seq: int) -> Entry:
    """The draft as if it had been recorded."""
    of = draft.projection
    return Entry(
        7, b"c" * 16, seq, 1_790_000_000_000_000, b"i" * 16, "open", DIALECT.name, b"p" * 32, b"h" * 32, b"k" * 32,
        b"s" * 16, draft.payload, 1, of.agent, of.session, of.type, of.severity, of.time or 0,
    )  # fmt: skip


@given(values | st.lists(events | good_events | values, max_size=5))
def test_a_batch_is_decided_item_by_item(value: Any) -> None:
    drafts = recorded_of(ingest_batch, json.dumps(value).encode())
    items = value if isinstance(value, list) else []
    assert drafts == [draft for item in items for draft in recorded_of(ingest_event, json.dumps(item).encode())]


@given(values)
def test_a_payload_is_projected_or_refused_with_a_value_error(value: Any) -> None:
    with contextlib.suppress(ValueError):
        DIALECT.project(value)


@given(st.binary(max_size=60))
def test_bytes_are_refused_or_recorded(body: bytes) -> None:
    for decode in (ingest_event, ingest_batch):
        recorded_of(decode, body)
