"""Which agents there are, whose they are, and whether they are active: read from their chains, before a report is
recorded and whenever an agent is shown.

A deactivation and a report that are checked at the same moment do not see each other: the report may then be recorded
after the deactivation. Every report whose check begins after the deactivation was answered is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from affidavit.core import canonical
from affidavit.core.entry import Entry
from affidavit.dialects.asn.numbers import draw
from affidavit.dialects.asn.refusals import AgentDeactivated, NumberTaken
from affidavit.dialects.asn.translate import DEACTIVATED, REGISTERED, event_of, registration_draft
from affidavit.dialects.asn.wire import NAME, is_asn, registration_of
from affidavit.dialects.contract import Intake, Request
from affidavit.errors import Forbidden, NotFound, Unavailable
from affidavit.model.query import Query
from affidavit.model.reading import Reading


class Agent(msgspec.Struct, frozen=True):
    """A registered agent. `kind`: its class, A, S or H. Times in µs since 1970."""

    asn: str
    name: str
    kind: str
    registered_at: int
    deactivated_at: int | None

    @property
    def status(self) -> str:
        """In the vendor's words."""
        return "active" if self.deactivated_at is None else "deactivated"


def history(reading: Reading, asn: str) -> list[Entry]:
    """What the registry did with an agent in this workspace, oldest first; nothing if it is not registered here, or its
    registration was erased.
    """
    if not is_asn(asn):
        return []
    facts = reading.find(Query(NAME, session=asn, ascending=True, counted=False)).entries
    return facts if facts and facts[0].type == REGISTERED else []


def agent_of(facts: Sequence[Entry]) -> Agent:
    """The agent whose `history` this is."""
    first = event_of(facts[0])
    registration = first["registered"]
    deactivated_at = next((entry.at for entry in facts if entry.type == DEACTIVATED), None)
    return Agent(first["asn"], registration["name"], registration["class"], facts[0].at, deactivated_at)


def find_agent(reading: Reading, asn: str) -> Agent:
    """The agent with this number in the workspace that is read. Raises NotFound."""
    facts = history(reading, asn)
    if not facts:
        raise _unknown(asn)
    return agent_of(facts)


def require_active(_: Request, intake: Intake, reading: Reading) -> Intake:
    """Every agent of the drafts is the caller's own and active. Raises NotFound, Forbidden or AgentDeactivated."""
    for asn in dict.fromkeys(draft.projection.chain_key for draft in intake.drafts):
        facts = history(reading, asn)
        if not facts:
            if reading.is_known(NAME, asn):
                raise Forbidden(f"{asn} belongs to another operator: use a key of the workspace that registered it")
            raise _unknown(asn)
        if any(entry.type == DEACTIVATED for entry in facts):
            raise AgentDeactivated(f"{asn} was deactivated: its history stays, and nothing more is recorded for it")
    return intake


def register_free(request: Request, intake: Intake, reading: Reading) -> Intake:
    """The registration under a number that nobody has. Raises NumberTaken for one that the client asked for.

    To be called by one request at a time (`Ingest.alone`): what is free now must still be when it is committed.
    """
    registration = registration_of(canonical.parse(request.body))
    asked = registration.get("asn")
    if asked is not None:
        if reading.is_known(NAME, asked):
            raise NumberTaken(f"{asked} is registered already: leave asn out to get a new number")
        return intake
    for asn in draw(request.at, request.entropy):
        if not reading.is_known(NAME, asn):
            return Intake([registration_draft(asn, registration)], intake.answer)
    raise Unavailable("no free number was found: send the registration again")


def _unknown(asn: str) -> NotFound:
    return NotFound(f"there is no agent {asn[:24]} here: POST /api/v1/agents registers one")
