"""What a dialect is: one vendor's wire API, as data and pure functions.

A dialect never sees a socket, a clock, a key store or another workspace. The server reads the request, admits the
key, calls `Ingest.decode`, has the ledger commit the drafts, and calls `Intake.answer` with what was really
committed. A folder under affidavit/dialects that has a `DIALECT` is a dialect; nothing lists them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from affidavit.core.entry import Entry
from affidavit.errors import Refused
from affidavit.model.command import Command, Outcome
from affidavit.model.draft import Draft, Projection
from affidavit.model.evidence import EvidenceOf
from affidavit.model.proving import File
from affidavit.model.rate import Rate
from affidavit.model.reading import Reading

MAX_EVENT_BYTES = 1 << 20
"""Bytes of one event's canonical payload."""


class Request(msgspec.Struct, frozen=True):
    """A request as a dialect sees it. Header names in lower case; of repeated query parameters the last counts.

    `at`: when it was received, µs since 1970. `path`: as it was sent. `parameters`: what its braces matched, decoded.
    `by`: the id of the key, "" for a caller without one. `secret`: the secret that belongs to the key, for signatures;
    None where it has none. `entropy`: 16 random bytes of this request's own, for what a dialect must draw.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    parameters: Mapping[str, str]
    body: bytes
    at: int
    by: str = ""
    secret: Callable[[], bytes | None] = lambda: None
    entropy: bytes = b""


class Answer(msgspec.Struct, frozen=True):
    """A response; `body` is JSON bytes unless the headers say otherwise, empty for none."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Intake(msgspec.Struct, frozen=True):
    """A decoded request: what to record, and how to tell the client what was recorded (in the drafts' order).

    `answer` depends on nothing but the request, the entries, and the ledger up to them: given these again, as for a
    request that is repeated with its Idempotency-Key, it gives the same bytes again.
    """

    drafts: list[Draft]
    answer: Callable[[Sequence[Entry], Reading], Answer]


class Ingest(msgspec.Struct, frozen=True):
    """A route that records. `decode` raises Refused for what it does not take.

    asks          its answer asks the ledger, and is made in a reading thread
    other_scopes  a key that holds one of these needs no `scope`
    check         what decides with the ledger's help, in a reading thread, between decode and commit: returns what to
                  record, which is the intake it was given unless that is taken, or raises Refused. A request that is
                  repeated with its Idempotency-Key is not checked again
    alone         among whose requests to routes that are `alone` none gets in between check and commit: those of a
                  workspace, or all of the ledger's. What is recorded there for a chain is recorded once a day
    """

    path: str
    scope: str
    decode: Callable[[Request], Intake]
    method: str = "POST"
    asks: bool = False
    other_scopes: tuple[str, ...] = ()
    check: Callable[[Request, Intake, Reading], Intake] | None = None
    alone: Literal["", "workspace", "ledger"] = ""


class Read(msgspec.Struct, frozen=True):
    """A route that reads. `path` may hold one `{name}` segment. `scope` None: no key is asked for.

    `other_scopes`: a key that holds one of these needs no `scope`.
    `about`: the route is public, unless a setting turns that off, and this is the chain key of what a request is about.
    Who has no key with `scope`, or asks about what its own workspace does not have, reads the workspace that has it:
    then `Request.by` is "".
    `is_evidence`: it shows the ledger's own evidence and nothing else: a setting makes that public.
    `takes_rest`: the `{name}` segment is the last one, and takes all the rest of the path, slashes too.
    """

    path: str
    scope: str | None
    answer: Callable[[Request, Reading], Answer]
    method: str = "GET"
    other_scopes: tuple[str, ...] = ()
    about: Callable[[Request], str] | None = None
    is_evidence: bool = False
    takes_rest: bool = False


class Stream(msgspec.Struct, frozen=True):
    """A route that answers GET with entries as they are committed: Server-Sent Events.

    wants              decides for one request which entries its client gets; raises Refused before anything is sent
    render             an entry and its workspace's name -> the bytes of one event, with the empty line behind it
    heartbeat          the bytes sent whenever `heartbeat_seconds` have passed, so that neither side takes a silent
                       connection for a dead one
    first              the bytes sent as soon as the client is admitted
    headed             headers and query -> the headers that a request counts as having: for browsers, whose EventSource
                       can send none
    """

    path: str
    scope: str
    wants: Callable[[Request], Callable[[Entry], bool]]
    render: Callable[[Entry, str], bytes]
    heartbeat: bytes
    heartbeat_seconds: float
    first: bytes = b""
    method: str = "GET"
    headed: Callable[[Mapping[str, str], Mapping[str, str]], Mapping[str, str]] = lambda headers, query: headers


class Download(msgspec.Struct, frozen=True):
    """A route that answers GET with a file, made while it is sent. `make` raises Refused, BundleError."""

    path: str
    scope: str
    make: Callable[[Request, Reading], File]
    method: str = "GET"


class Order(msgspec.Struct, frozen=True):
    """A route by which a client has the ledger itself do something. `command`: what; raises Refused.

    `answer`: what came of it -> the answer. An order that is repeated finds things as it wanted them.
    """

    path: str
    scope: str
    command: Callable[[Request], Command]
    answer: Callable[[Outcome], Answer]
    method: str = "POST"


class Dialect(msgspec.Struct, frozen=True):
    """One vendor's wire API.

    name            lower case, as in settings, headers and mount prefixes
    prefixes        path prefixes whose unknown routes answer in this dialect's shape; the longest wins
    key_prefix      what every API key of the dialect starts with
    key_bytes       random bytes of a key, written in hex behind the prefix
    scopes          every scope of the dialect
    usual_scopes    those that a new key has unless told otherwise; None: all
    credential      headers -> the token; raises Unauthenticated
    refuse          a refusal -> the vendor's own answer
    project         a parsed payload -> its projection; raises ValueError
    search_path     JSON path of the searchable part of a payload
    evidence        a parsed payload -> what it says about its agent
    agent_chains    whether a chain is an agent's: its chain key is the agent
    guest_keys      key prefixes; a path that another dialect has too is this one's for callers that show such a key.
                    Empty: it is the host, and has the path for everybody else
    secret_prefix   what a key's signing secret starts with; empty where the vendor's clients sign nothing
    decorate        headers that every answer of the dialect carries, given the request's headers; none unless told
    rate_headers    how the rate limit is told in every answer
    example         a curl command with {base} and {key} to replace, printed for the operator at start
    """

    name: str
    prefixes: tuple[str, ...]
    key_prefix: str
    key_bytes: int
    scopes: tuple[str, ...]
    credential: Callable[[Mapping[str, str]], str]
    refuse: Callable[[Refused], Answer]
    project: Callable[[Any], Projection]
    search_path: str
    example: str
    ingests: tuple[Ingest, ...]
    reads: tuple[Read, ...]
    evidence: EvidenceOf = lambda payload: None
    agent_chains: bool = False
    guest_keys: tuple[str, ...] = ()
    secret_prefix: str = ""
    decorate: Callable[[Mapping[str, str]], tuple[tuple[str, str], ...]] = lambda headers: ()
    rate_headers: Callable[[Rate], tuple[tuple[str, str], ...]] = lambda rate: ()
    streams: tuple[Stream, ...] = ()
    orders: tuple[Order, ...] = ()
    downloads: tuple[Download, ...] = ()
    usual_scopes: tuple[str, ...] | None = None
