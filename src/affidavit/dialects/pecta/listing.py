"""The parameters of GET /v1/events as a question to the ledger.

Source: https://docs.pecta.ai, page "GET /v1/events".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from affidavit.dialects.parameters import instant, whole_number
from affidavit.dialects.pecta.limits import MAX_NAME
from affidavit.dialects.pecta.translate import severity_of
from affidavit.dialects.pecta.wire import EVALUATION, NAME
from affidavit.errors import InvalidBody
from affidavit.model.draft import storable
from affidavit.model.query import Query

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 100
MAX_OFFSET: Final = 100_000
_VERDICTS: Final = {"": (), "true": (severity_of(True),), "false": (severity_of(False),)}


def query_of(given: Mapping[str, str]) -> Query:
    """Query string -> Query. An empty value is none. Raises InvalidBody, naming the parameter."""
    agent, passed = given.get("agent_id", ""), given.get("passed", "")
    if len(agent) > MAX_NAME:
        raise InvalidBody(f"agent_id must have at most {MAX_NAME} characters, this one has {len(agent)}")
    if passed not in _VERDICTS:
        raise InvalidBody("passed must be true or false")
    return Query(
        NAME,
        agent=storable(agent) or None,
        types=(EVALUATION,),
        severities=_VERDICTS[passed],
        since=instant(given, "from"),
        until=instant(given, "to"),
        limit=whole_number(given, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
        offset=whole_number(given, "offset", 0, 0, MAX_OFFSET),
        counted=False,
    )
