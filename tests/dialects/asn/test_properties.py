"""Whatever JSON arrives: refused in words, or recorded exactly; and what its payload says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.core import canonical
from affidavit.dialects.asn import DIALECT, evidence
from affidavit.dialects.asn.agents import deactivate, register
from affidavit.dialects.asn.routes import report, report_batch
from affidavit.dialects.contract import Intake, Request
from affidavit.errors import InvalidJson, Refused
from affidavit.model.draft import Draft
from affidavit.model.evidence import Evidence
from tests.dialects.asn import page
from tests.dialects.asn.calling import NOON
from tests.dialects.jsonvalues import texts, values

names = st.sampled_from(["asn", "event_type", "severity", "metadata", "registered", "deactivated", "name", "class"])
likely = st.sampled_from([page.ASN, "task_completed", "info", "A", {"duration_ms": 5}]) | values
objects = st.dictionaries(names | texts, likely, max_size=8)
optional = st.fixed_dictionaries(
    {}, optional={"severity": st.sampled_from([None, *page.SEVERITIES]), "metadata": st.dictionaries(texts, values)}
)
reports = st.builds(
    lambda more, known, kind: {**more, **known, "asn": page.ASN, "event_type": kind},
    st.dictionaries(texts.filter(lambda name: name not in ("severity", "metadata")), values, max_size=3),
    optional,
    st.sampled_from(page.TYPES) | texts.filter(bool),
)
registrations = st.builds(
    lambda more, name: {**more, "name": name, "class": "A", "asn": None}, objects, texts.filter(bool)
)


def drafts_of(decode: Callable[[Request], Intake], body: bytes) -> list[Draft]:
    """What a body leaves behind; nothing, if it is refused in words. Any other exception is the test's failure."""
    try:
        return decode(Request("POST", "/", {}, {}, {"asn": page.ASN}, body, NOON, entropy=bytes(16))).drafts
    except Refused as refusal:
        error = refusal
    assert json.loads(DIALECT.refuse(error).body)["error"]["message"]
    return []


def projected(draft: Draft) -> Any:
    """The parsed payload of a draft, which was projected from nothing else."""
    payload = canonical.parse(draft.payload)
    assert canonical.encode(payload) == draft.payload
    assert DIALECT.project(payload) == draft.projection
    for text in (draft.projection.chain_key, draft.projection.type):
        text.encode()
    return payload


@given(reports)
def test_a_report_is_recorded_as_it_was_sent(sent: dict[str, Any]) -> None:
    body = json.dumps(sent).encode()
    (draft,) = drafts_of(report, body)
    assert draft.payload == canonical.encode_exactly(canonical.parse(body))
    projected(draft)
    assert drafts_of(report_batch, b'{"events":[' + body + b"," + body + b"]}") == [draft, draft]


@given(registrations)
def test_a_registration_is_recorded_as_it_was_sent(sent: dict[str, Any]) -> None:
    (draft,) = drafts_of(register, json.dumps(sent).encode())
    assert canonical.encode(projected(draft)["registered"]) == canonical.encode_exactly(
        canonical.parse(json.dumps(sent).encode())
    )


@given(objects)
def test_a_deactivation_is_recorded_as_it_was_sent(sent: dict[str, Any]) -> None:
    (draft,) = drafts_of(deactivate, json.dumps(sent).encode())
    assert projected(draft).keys() == {"asn", "deactivated"}


@given(values | objects | st.lists(objects, max_size=3).map(lambda events: {"events": events}))
def test_any_json_is_refused_or_recorded(value: Any) -> None:
    for decode in (report, report_batch, register, deactivate):
        for draft in drafts_of(decode, json.dumps(value).encode()):
            projected(draft)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_recorded(body: bytes) -> None:
    for decode in (report, report_batch, register, deactivate):
        drafts_of(decode, body)


@given(values | objects | st.builds(lambda inner: {"asn": page.ASN, "registered": inner}, objects))
def test_a_payload_says_something_or_is_none_of_ours(payload: Any) -> None:
    try:
        DIALECT.project(payload)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            evidence(payload)
    else:
        evidence(payload)


def test_too_deep_is_refused_wrapped_or_not() -> None:
    for levels in (126, 127, 128):
        deep = b'{"name":"x","class":"A","x":' + b"[" * levels + b"]" * levels + b"}"
        for decode in (register, deactivate):
            drafts_of(decode, deep)
    with pytest.raises(InvalidJson, match="128 levels"):
        register(Request("POST", "/", {}, {}, {}, deep, NOON, entropy=bytes(16)))


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("task_completed", {}, Evidence("success", "task_completed", "info")),
        ("task_failed", {"severity": "warning"}, Evidence("failure", "task_failed", "warning")),
        ("error", {"severity": "critical"}, Evidence("failure", "error", "critical")),
        ("incident", {}, Evidence("failure", "incident", "info", weight=3)),
        ("startup", {}, Evidence("neutral", "startup", "info")),
        ("shutdown", {"metadata": None}, Evidence("neutral", "shutdown", "info")),
        ("anything", {"severity": "error"}, Evidence("neutral", "anything", "error")),
        ("error", {"metadata": {"duration_ms": 12.5}}, Evidence("failure", "error", "info", latency_ms=12.5)),
        ("error", {"metadata": {"duration_ms": True}}, Evidence("failure", "error", "info")),
        ("error", {"metadata": {"duration_ms": "9"}}, Evidence("failure", "error", "info")),
    ],
)
def test_what_counts_as_what(kind: str, more: dict[str, Any], said: Evidence) -> None:
    assert evidence({"asn": page.ASN, "event_type": kind} | more) == said


def test_what_the_registry_did_is_no_evidence() -> None:
    assert evidence({"asn": page.ASN, "registered": {"name": "x", "class": "A"}}) is None
    assert evidence({"asn": page.ASN, "deactivated": {}}) is None
