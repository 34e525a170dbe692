"""The routes under /v1/affidavit: entries and one entry, chains and one chain, scores."""

from __future__ import annotations

import re
from typing import Any, Final

from affidavit.core import canonical, ids
from affidavit.core.entry import Entry
from affidavit.dialects.contract import Answer, Read, Request
from affidavit.dialects.native.listing import chains_page, dialects_of, entries_page, find_chain, wish_of
from affidavit.dialects.native.shown import chain_json, entry_json, score_json
from affidavit.errors import InvalidBody, NotFound
from affidavit.model.draft import storable
from affidavit.model.query import Chain, Query
from affidavit.model.reading import Reading

READ: Final = "read"
DEFAULT_ALGORITHM: Final = "beta/1"
_POSITION: Final = re.compile(r"\d{1,18}", re.ASCII)


def list_entries(request: Request, reading: Reading) -> Answer:
    """GET /v1/affidavit/entries: a page of entries of all dialects, newest first, and where the next one begins."""
    entries, cursor = entries_page(wish_of(request.query, reading), reading)
    listed = b",".join(map(entry_json, entries))
    return Answer(200, b'{"entries":[%b],"next":%b}' % (listed, canonical.write(cursor)))


def show_entry(request: Request, reading: Reading) -> Answer:
    """GET /v1/affidavit/entries/{id}: one entry, by its id as a UUID or a ULID, or by its position."""
    return Answer(200, entry_json(entry_named(request.parameters["id"], reading)))


def entry_named(name: str, reading: Reading) -> Entry:
    """The workspace's entry with this id or at this position. Raises NotFound."""
    if _POSITION.fullmatch(name):  # a ULID has 26 characters
        entry = reading.entry_at(int(name))
    else:
        identity = ids.parse(name)
        entry = None if identity is None else reading.entry(None, identity)
    if entry is None:
        raise NotFound("there is no such entry: name one by its UUID, its ULID or its position in the ledger")
    return entry


def list_chains(request: Request, reading: Reading) -> Answer:
    """GET /v1/affidavit/chains: a page of chains with their heads, by dialect and chain key."""
    chains, cursor = chains_page(request.query, reading)
    return _json({"chains": [chain_json(*found) for found in chains], "next": cursor})


def show_chain(request: Request, reading: Reading) -> Answer:
    """GET /v1/affidavit/chains/{id}: one chain with its head."""
    return _json(chain_json(*chain_named(request.parameters["id"], reading)))


def chain_named(name: str, reading: Reading) -> tuple[str, Chain]:
    """The dialect and the workspace's chain with this id. Raises NotFound."""
    found = find_chain(name.lower(), reading)
    if found is None:
        raise NotFound("there is no such chain: its id has 32 hex digits, as every entry's header has it")
    return found


def list_scores(request: Request, reading: Reading) -> Answer:
    """GET /v1/affidavit/scores: an agent's scores with their reasons, one for each dialect that knows the agent.

    Of a dialect that is asked for by name there is one even if it does not: the score of nothing.
    """
    agent, algorithm = storable(request.query.get("agent", "")), request.query.get("algorithm") or DEFAULT_ALGORITHM
    if not agent:
        raise InvalidBody("agent is required")
    if algorithm not in reading.algorithms:
        raise InvalidBody(f"algorithm must be one of {', '.join(reading.algorithms)}")
    dialects = dialects_of(request.query, reading)
    if not request.query.get("dialect"):
        dialects = tuple(dialect for dialect in dialects if _is_known(agent, dialect, reading))
    return _json({
        "scores": [score_json(dialect, reading.score(algorithm, dialect, agent)) for dialect in dialects]
    })  # fmt: skip


def _is_known(agent: str, dialect: str, reading: Reading) -> bool:
    return bool(reading.find(Query(dialect, agent=agent, limit=1, counted=False)).entries)


def _json(value: Any) -> Answer:
    return Answer(200, canonical.write(value))


READS: Final = (
    Read("/v1/affidavit/entries", READ, list_entries),
    Read("/v1/affidavit/entries/{id}", READ, show_entry),
    Read("/v1/affidavit/chains", READ, list_chains),
    Read("/v1/affidavit/chains/{id}", READ, show_chain),
    Read("/v1/affidavit/scores", READ, list_scores),
)
