"""Bodies that are not JSON as we take it: every one is a 400 in the vendor's shape, and leaves nothing behind."""

from __future__ import annotations

import httpx
import pytest

from tests.server.conftest import Unchanged
from tests.server.endpoints import Endpoint

NO_VALUES = {
    "NaN": b"NaN",
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "1e400": b"1e400",
    "-1e400": b"-1e400",
    "1,001 digits": b"1" * 1001,
    "5,000 digits": b"1" * 5000,
    "leading zero": b"01",
    "no fraction": b"1.",
    "no integer": b".5",
    "plus sign": b"+1",
    "hexadecimal": b"0x10",
    "no exponent": b"1e",
    "minus alone": b"-",
    "half a word": b"tru",
    "capitals": b"TRUE",
    "nothing": b"",
    "single quotes": b"'x'",
    "no quotes": b"x",
    "unclosed string": b'"x',
    "half an escape": b'"\\u12"',
    "no such escape": b'"\\q"',
    "raw line break": b'"\n"',
    "raw NUL": b'"\x00"',
    "lone continuation byte": b'"\x80"',
    "half a character": b'"\xc3"',
    "overlong": b'"\xc0\x80"',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "beyond Unicode": b'"\xf4\x90\x80\x80"',
    "invalid UTF-8 in a key": b'{"\xff":1}',
    "trailing comma in an array": b"[1,]",
    "trailing comma in an object": b'{"a":1,}',
    "comma alone": b"[,]",
    "no colon": b'{"a" 1}',
    "a number as key": b"{1:1}",
    "comment": b"/* x */ 1",
    "duplicate keys": b'{"a":1,"a":2}',
    "duplicate keys with the same value": b'{"a":1,"a":1}',
    "duplicate keys, one escaped": b'{"a":1,"\\u0061":2}',
    "duplicate keys deep down": b'[[{"x":[{"a":1,"b":2,"a":3}]}]]',
    "duplicate keys that are lone surrogates": b'{"\\ud83d":1,"\\uD83D":2}',
    "depth 129": b"[" * 129 + b"]" * 129,
    "depth 10,000": b"[" * 10_000 + b"]" * 10_000,
    "depth 100,000": b"[" * 100_000 + b"]" * 100_000,
    "objects, depth 10,000": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "objects, depth 100,000": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "depth 100,000, never closed": b"[" * 100_000,
    "depth 5,000,000, never closed": b"[" * 5_000_000,
}


@pytest.mark.parametrize("value", NO_VALUES.values(), ids=NO_VALUES)
def test_what_is_no_json_value_is_refused(
    endpoint: Endpoint, client: httpx.Client, unchanged: Unchanged, value: bytes
) -> None:
    with unchanged():
        answer = client.post(endpoint.path, content=endpoint.holding(value))
    assert answer.status_code == 400
    assert endpoint.vendor.is_refusal(400, answer.json())


WRAPPINGS = {
    "empty": lambda _: b"",
    "white space": lambda _: b" \n\t",
    "byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "UTF-32": lambda body: body.decode().encode("utf-32-le"),
    "trailing garbage": lambda body: body + b"x",
    "trailing NUL": lambda body: body + b"\x00",
    "twice": lambda body: body + body,
    "a line each": lambda body: body + b"\n" + body,
    "a form": lambda _: b"agent_id=a&events=b",
    "XML": lambda _: b"<events/>",
    "base64": lambda _: b"eyJldmVudHMiOltdfQ==",
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_what_is_no_json_document_is_refused(
    endpoint: Endpoint, client: httpx.Client, unchanged: Unchanged, wrap: object
) -> None:
    assert callable(wrap)
    with unchanged():
        answer = client.post(endpoint.path, content=wrap(endpoint.holding()))
    assert answer.status_code == 400
    assert endpoint.vendor.is_refusal(400, answer.json())


def test_a_body_that_was_cut_off_anywhere_is_refused(
    endpoint: Endpoint, client: httpx.Client, unchanged: Unchanged
) -> None:
    whole = endpoint.holding(b'{"a":[1.5,"\\u00e9\xc3\xa9",true,null]}')
    with unchanged():
        for length in range(len(whole)):
            answer = client.post(endpoint.path, content=whole[:length])
            assert answer.status_code == 400, whole[:length]
            assert endpoint.vendor.is_refusal(400, answer.json())
    assert client.post(endpoint.path, content=whole).status_code == 201


TOP_LEVELS = {
    "/api/events": (
        b"null",
        b"true",
        b"1",
        b'"x"',
        b"[]",
        b"{}",
        b'{"events":null}',
        b'{"events":{}}',
        b'{"events":[]}',
    ),
    "/v1/events": (
        b"null",
        b"true",
        b"1",
        b'"x"',
        b"[]",
        b"{}",
        b'[{"agent_id":"a"}]',
        b'{"events":[{"agent_id":"a"}]}',
    ),
    "/v1/batch": (b"null", b"true", b"1", b'"x"', b"[]", b"{}", b'{"agent_id":"a"}', b'{"events":[{"agent_id":"a"}]}'),
}


def test_the_wrong_top_level_is_refused(endpoint: Endpoint, client: httpx.Client, unchanged: Unchanged) -> None:
    with unchanged():
        for body in TOP_LEVELS[endpoint.path]:
            answer = client.post(endpoint.path, content=body)
            assert answer.status_code == 400, body
            assert endpoint.vendor.is_refusal(400, answer.json())


REASONS = (
    (b'{"agent_id":"a","metadata":{"k":1,"k":2}}', 'duplicate key "k"'),
    (b'{"agent_id":"a","duration_ms":1e400}', "number 1e400 is beyond the range"),
    (b'{"agent_id":"a","duration_ms":NaN}', "NaN is not JSON"),
    (b'{"agent_id":"\xff"}', "not UTF-8"),
    (b'\xef\xbb\xbf{"agent_id":"a"}', "byte order mark"),
    (b'{"agent_id":"a"', "line 1, column 16"),
    (b'{"agent_id":"a","metadata":{"k":' + b"[" * 200 + b"]" * 200 + b"}}", "at most 128 levels"),
    (b'{"agent_id":"a","metadata":{"k":' + b"1" * 1001 + b"}}", "at most 1000 digits"),
    (b"[]", "send arrays of events to /v1/batch"),
)


@pytest.mark.parametrize(("body", "reason"), REASONS, ids=[reason for _, reason in REASONS])
def test_a_refusal_says_what_is_wrong(clients: dict[str, httpx.Client], body: bytes, reason: str) -> None:
    answer = clients["provenlog"].post("/v1/events", content=body)
    assert reason in answer.json()["error"]


@pytest.mark.parametrize(
    "content_type", [None, b"", b"text/plain", b"application/x-www-form-urlencoded", b"a; b=c", b"\xff"]
)
def test_a_body_that_is_json_is_taken_whatever_it_is_called(
    endpoint: Endpoint, client: httpx.Client, content_type: bytes | None
) -> None:
    headers = [] if content_type is None else [(b"Content-Type", content_type)]
    answer = client.post(endpoint.path, content=endpoint.holding(), headers=headers)
    assert answer.request.headers.raw.count((b"Content-Type", content_type)) == len(headers)
    assert answer.status_code == 201
