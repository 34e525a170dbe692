"""What was sent is what is read back, to the last digit, over HTTP."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.dialects.agentlens.examples import event
from tests.running import Running, run
from tests.server.endpoints import AGENTLENS, PROVENLOG, Endpoint

VALUES = {
    "1.0": b"1.0",
    "-0.0": b"-0.0",
    "-0": b"-0",
    "1e21": b"1e21",
    "1E+2": b"1E+2",
    "0.1": b"0.1",
    "1e-7": b"1e-7",
    "5e-324": b"5e-324",
    "the largest double": b"1.7976931348623157e308",
    "2^53 + 1": b"9007199254740993",
    "2^64": b"18446744073709551616",
    "12345678901234567890": b"12345678901234567890",
    "400 digits": b"-" + b"1234567890" * 40,
    "1,000 digits": b"9" * 1000,
    "escapes": b'"\\u0000\\b\\f\\n\\r\\t\\"\\\\\\/\\u007f\\u2028"',
    "an emoji": '"\U0001f600"'.encode(),
    "an emoji escaped": b'"\\ud83d\\ude00"',
    "a lone high surrogate": b'"cut \\ud83d"',
    "a lone low surrogate": b'"\\uDE00 cut"',
    "surrogates in the wrong order": b'"\\ude00\\ud83d"',
    "its escape as text": b'"\\\\ud83d"',
    "combining characters": '"é e\u0301"'.encode(),
    "emoji keys": '{"\U0001f600":1,"\U0001f601":2,"a":3}'.encode(),
    "astral and private keys": '{"\U0001f600":1,"\ue000":2,"\uffff":3,"\ud7ff":4}'.encode(),
    "lone surrogate keys": b'{"\\ud83d":1,"\\ude00":2,"\\\\ud83d":3}',
    "the empty key": b'{"":{"":""}}',
    "keys with a meaning elsewhere": b'{"__proto__":1,"constructor":2,"$ref":3,"__class__":4}',
    "depth 100": b"[" * 100 + b"1" + b"]" * 100,
    "every kind": b'[null,true,false,0,"",[],{}]',
    "equal in the fast path's eyes": b'[1,1.0,true,"1",{"a":1e0}]',
}


def exact(text: bytes) -> Any:
    """JSON, with numbers that are equal when they are the same number."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_is_read_back_as_it_was_sent(endpoint: Endpoint, client: httpx.Client, value: bytes) -> None:
    answer = client.post(endpoint.path, content=endpoint.holding(value))
    assert answer.status_code == 201
    (identity,) = endpoint.ids(answer.json())
    shown = client.get(f"{endpoint.vendor.listing}/{identity}")
    assert exact(shown.content)["metadata"]["held"] == exact(value)
    listed = client.get(endpoint.vendor.listing, params={"limit": 5}).content
    events = exact(listed) if endpoint.vendor is PROVENLOG else exact(listed)["events"]
    assert next(event for event in events if event["id"] == identity)["metadata"]["held"] == exact(value)


NAMES = {
    "an emoji": "agent \U0001f600",
    "a lone surrogate": "agent \ud83d",
    "a lone low surrogate": "\ude00",
    "an escape as text": "agent \\ud83d\\",
    "control characters": "agent \x00\x1f\n",
    "markup": "<script>alert('agent')</script>",
    "SQL": "'; DROP TABLE entries; --",
    "wildcards": "agent %_*?",
    "Unicode of both forms": "\u00e9 e\u0301",
    "a very long one": "agent " * 10_000,
    "white space": " ",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_read_back_as_it_was_sent(clients: dict[str, httpx.Client], name: str) -> None:
    agentlens, provenlog = clients["agentlens"], clients["provenlog"]
    sent = json.dumps({"events": [event(agentId=name, sessionId=name)]})
    identity = agentlens.post("/api/events", content=sent).json()["events"][0]["id"]
    shown = agentlens.get(f"/api/events/{identity}").json()
    assert (shown["agentId"], shown["sessionId"]) == (name, name)
    sent = json.dumps({"agent_id": name, "session_id": name})
    identity = provenlog.post("/v1/events", content=sent).json()["id"]
    shown = provenlog.get(f"/v1/events/{identity}").json()
    assert (shown["agent_id"], shown["session_id"]) == (name, name)


@pytest.mark.parametrize("name", [name for name in NAMES.values() if len(name) < 100], ids=repr)
def test_a_name_is_found_by_itself(clients: dict[str, httpx.Client], name: str) -> None:
    asked = quote(name, safe="", errors="surrogatepass")
    clients["agentlens"].post("/api/events", content=json.dumps({"events": [event(agentId=name, sessionId=name)]}))
    found = clients["agentlens"].get(f"/api/events?agentId={asked}&sessionId={asked}").json()
    assert found["total"] >= 1
    assert {(item["agentId"], item["sessionId"]) for item in found["events"]} == {(name, name)}
    clients["provenlog"].post("/v1/events", content=json.dumps({"agent_id": name}))
    found = clients["provenlog"].get(f"/v1/events?agent_id={asked}").json()
    assert {item["agent_id"] for item in found} == {name}
    assert clients["provenlog"].get(f"/v1/verify?agent_id={asked}").json()["valid"]


def test_one_session_of_all_values_is_one_chain(clients: dict[str, httpx.Client]) -> None:
    events = [
        b'{"sessionId":"values","agentId":"a","eventType":"custom","payload":{"type":"t","data":{"held":%b}}}' % value
        for value in VALUES.values()
    ]
    answer = clients["agentlens"].post("/api/events", content=b'{"events":[%b]}' % b",".join(events))
    assert answer.status_code == 201
    page = clients["agentlens"].get("/api/events", params={"sessionId": "values", "order": "asc", "limit": 500}).content
    shown = exact(page)["events"]
    assert [item["payload"]["data"]["held"] for item in shown] == [exact(value) for value in VALUES.values()]
    assert [item["prevHash"] for item in shown] == [None, *(item["hash"] for item in shown[:-1])]


def test_all_that_these_tests_have_sent_is_proven(server: Running, clients: dict[str, httpx.Client]) -> None:
    counted = AGENTLENS.count(clients["agentlens"]) + PROVENLOG.count(clients["provenlog"])
    report = run("verify", "--data", server.data, "--json")
    assert report.returncode == 0, report.stdout[:2000]
    assert json.loads(report.stdout)["entries"] >= counted > len(VALUES) * 3
