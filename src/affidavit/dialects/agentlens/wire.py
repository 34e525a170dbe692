"""The shapes of AgentLens's events: one table of event types, from the vendor's page and its server 0.21.0.

Source: the vendor's page "Events API" for the 18 types and their fields; the open server for the three it adds
(retrieval, embedding, chain_step), for what may not be empty, and for the words of each problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Union

import msgspec

from affidavit.dialects.agentlens.rules import (
    Problem,
    Rule,
    array,
    fields_of,
    filled,
    flag,
    instant,
    is_good,
    mismatch,
    named,
    number,
    number_or_null,
    one_of,
    present,
    record,
    shape,
    text,
    text_or_null,
    under,
)
from affidavit.errors import InvalidBody

NAME: Final = "agentlens"
MAX_EVENTS: Final = 1000
"""Events in one request."""
SEVERITIES: Final = ("debug", "info", "warn", "error", "critical")
DEFAULT_SEVERITY: Final = "info"
ERROR_SEVERITIES: Final = ("error", "critical")

_DECISION: Final[Mapping[str, Rule]] = {"requestId": filled, "action": filled, "decidedBy": filled, "reason?": text}
_USAGE: Final = shape({"inputTokens": number, "outputTokens": number, "totalTokens": number})
_MESSAGE: Final = shape({"role": one_of("system", "user", "assistant", "tool")})

PAYLOADS: Final[Mapping[str, Mapping[str, Rule]]] = {
    "session_started": {"agentName?": text, "agentVersion?": text, "mcpClientInfo?": record, "tags?": array(text)},
    "session_ended": {
        "reason": one_of("completed", "error", "timeout", "manual"),
        "summary?": text,
        "totalToolCalls?": number_or_null,
        "totalDurationMs?": number_or_null,
    },
    "tool_call": {"toolName": filled, "callId": filled, "arguments": record, "serverName?": text},
    "tool_response": {"callId": filled, "toolName": filled, "result": present, "durationMs": number},
    "tool_error": {"callId": filled, "toolName": filled, "error": text, "errorCode?": text, "durationMs": number},
    "approval_requested": {"requestId": filled, "action": filled, "params": record, "urgency": text},
    "approval_granted": _DECISION,
    "approval_denied": _DECISION,
    "approval_expired": _DECISION,
    "form_submitted": {"submissionId": filled, "formId": filled, "formName?": text, "fieldCount": number},
    "form_completed": {"submissionId": filled, "formId": filled, "completedBy": filled, "durationMs": number},
    "form_expired": {"submissionId": filled, "formId": filled, "expiredAfterMs": number},
    "cost_tracked": {
        "provider": filled,
        "model": filled,
        "inputTokens": number,
        "outputTokens": number,
        "totalTokens": number,
        "costUsd": number,
        "trigger?": text,
    },
    "llm_call": {
        "callId": filled,
        "provider": filled,
        "model": filled,
        "messages": array(_MESSAGE, at_least=1),
        "systemPrompt?": text,
        "parameters?": shape({}),
        "tools?": array(shape({})),
        "redacted?": flag,
    },
    "llm_response": {
        "callId": filled,
        "provider?": filled,
        "model?": filled,
        "completion": text_or_null,
        "toolCalls?": array(shape({})),
        "finishReason": filled,
        "usage": _USAGE,
        "costUsd": number,
        "latencyMs": number,
        "redacted?": flag,
    },
    "alert_triggered": {
        "alertRuleId": filled,
        "alertName": filled,
        "condition": text,
        "currentValue": number,
        "threshold": number,
        "message": text,
    },
    "alert_resolved": {"alertRuleId": filled, "alertName": filled, "resolvedBy?": text},
    "retrieval": {
        "query": text,
        "retrieverName?": text,
        "topK?": number_or_null,
        "resultCount?": number_or_null,
        "durationMs?": number_or_null,
    },
    "embedding": {"model": text, "inputCount": number, "dimensions?": number_or_null, "durationMs?": number_or_null},
    "chain_step": {"name": text, "stepType?": text, "durationMs?": number_or_null},
    "custom": {"type": text, "data": record},
}
"""Event type -> its payload's members, in the order in which the vendor checks them; `?` marks the optional ones."""


def _envelope(payload: str, rule: Rule = record) -> dict[str, Rule]:
    """What every event has around its payload; `payload` is that member's name, with a `?` where it may be missing."""
    return {
        "sessionId": named("sessionId"),
        "agentId": named("agentId"),
        "eventType": one_of(*PAYLOADS),
        "severity?": one_of(*SEVERITIES, or_empty=True),
        payload: rule,
        "metadata?": record,
        "timestamp?": instant,
    }


def _payload_name(members: Mapping[str, Rule]) -> str:
    return "payload?" if all(name.endswith("?") for name in members) else "payload"


_ANY_EVENT: Final = shape(_envelope("payload"))
_EVENTS: Final[Mapping[str, tuple[Rule, Rule]]] = {
    name: (shape(_envelope(_payload_name(members))), shape(members)) for name, members in PAYLOADS.items()
}


def _usual_event(name: str) -> Any:
    """The type of an event of this type, told apart from the others by msgspec."""
    members = _envelope(_payload_name(PAYLOADS[name]), _EVENTS[name][1])
    del members["eventType"]
    return msgspec.defstruct("Event", fields_of(members), tag_field="eventType", tag=name, gc=False, kw_only=True)


_USUAL_EVENT: Final = Union[tuple(map(_usual_event, PAYLOADS))]  # noqa: UP007


def event_problems(event: Any) -> list[Problem] | None:
    """Everything that is wrong with an event: around the payload first, then inside it, as the vendor lists them."""
    if type(event) is not dict:
        return mismatch("object", event)
    name = event.get("eventType")
    rules = _EVENTS.get(name) if type(name) is str else None
    if rules is None:
        return _ANY_EVENT(event)
    around = rules[0](event)
    payload = event.get("payload")
    inside = rules[1](payload) if type(payload) is dict else None
    if inside is None:
        return around
    return [*(around or ()), *under("payload", inside)]


BODY: Final = shape({"events": array(Rule(event_problems, _USUAL_EVENT), at_least=1, at_most=MAX_EVENTS)})


class ValidationFailed(InvalidBody):
    """A body that is JSON but not a batch of events, or parameters that are none.

    `details`: every problem, (path, message).
    """

    def __init__(self, details: list[Problem]) -> None:
        super().__init__(f"{len(details)} problems, the first at {details[0][0] or 'the body'}: {details[0][1]}")
        self.details = details


def events_of(body: Any) -> list[dict[str, Any]]:
    """The events of a parsed request body. Raises ValidationFailed with every problem of the whole batch."""
    if not is_good(body, BODY.usual) and (problems := BODY(body)) is not None:
        raise ValidationFailed(problems)
    events: list[dict[str, Any]] = body["events"]
    return events
