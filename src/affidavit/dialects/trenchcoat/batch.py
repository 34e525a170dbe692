"""The body of POST /api/v1/events: which form it is answered in, and everything that is wrong with it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from affidavit.dialects.trenchcoat.wire import MAX_EVENTS, PAGE, PLUGIN, Form, faults_in, form_of
from affidavit.dialects.typenames import ABSENT
from affidavit.errors import InvalidBody

BAD_REQUEST: Final = "BAD_REQUEST"
VALIDATION_ERROR: Final = "VALIDATION_ERROR"
INVALID: Final = "Request body is invalid."


class Rejected(InvalidBody):
    """A 400 in the vendor's words. `details`: (field, message) for each fault, in the page's form only."""

    def __init__(self, code: str, message: str, details: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.details = details


class Batch(msgspec.Struct, frozen=True):
    """Events that all follow their rules, and the form that their client is answered in: the first one's."""

    form: Form
    events: list[dict[str, Any]]


def batch_of(body: Any) -> Batch:
    """A parsed body -> its events. Raises Rejected with every fault of every event: one bad event rejects them all.

    A body without a first event is refused as the vendor's server does it. One with too many is not looked into.
    """
    if type(body) is not dict:
        raise _rejected_by_server("", PLUGIN.mismatch("object", body))
    events = body.get("events", ABSENT)
    if type(events) is not list:
        raise _rejected_by_server("events", PLUGIN.mismatch("array", events))
    if not events:
        raise _rejected_by_server("events", "Too small: expected array to have >=1 items")
    form = form_of(events[0])
    if len(events) > MAX_EVENTS:
        if form is PAGE:
            raise Rejected(VALIDATION_ERROR, f"Batch size exceeds limit of {MAX_EVENTS} events per request.")
        raise _rejected_by_server("events", f"Too big: expected array to have <={MAX_EVENTS} items")
    faults = [(index, name, fault) for index, event in enumerate(events) for name, fault in faults_in(event)]
    if faults:
        raise _rejected(form, faults)
    return Batch(form, events)


def _rejected(form: Form, faults: list[tuple[int, str, str]]) -> Rejected:
    """`faults`: (index of the event, member, message). The answer has the first event's form, each message its own."""
    if form is PAGE:
        details = tuple((f"events[{index}]{name and '.'}{name}", fault) for index, name, fault in faults)
        return Rejected(VALIDATION_ERROR, INVALID, details)
    listed = [f"events.{index}{name and '.'}{name}: {fault}" for index, name, fault in faults]
    return Rejected(BAD_REQUEST, "; ".join(listed))


def _rejected_by_server(path: str, fault: str) -> Rejected:
    return Rejected(BAD_REQUEST, f"{path}: {fault}")
