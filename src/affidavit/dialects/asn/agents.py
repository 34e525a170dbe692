"""The routes of an agent: POST /agents, GET /agents/:asn, /deactivate, /trust-score, /trust-score/history, and
GET /verify/:asn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.dialects.asn.numbers import agent_id, draw
from affidavit.dialects.asn.registry import Agent, agent_of, find_agent, history
from affidavit.dialects.asn.translate import deactivation_draft, registration_draft
from affidavit.dialects.asn.wire import NAME, is_asn, registration_of
from affidavit.dialects.contract import Answer, Intake, Request
from affidavit.errors import InvalidBody, NotFound
from affidavit.model.reading import Reading

ALGORITHM: Final = "asn/1"
HISTORY_ALGORITHM: Final = "asn-history/1"
_DIMENSIONS: Final = ("overall", "reliability", "accuracy", "safety", "speed", "consistency", "events_considered")


def register(request: Request) -> Intake:
    """POST /agents: an agent, under the number that it brings or a new one -> 201 and the agent."""
    registration = registration_of(canonical.parse(request.body))
    asn = registration.get("asn") or next(draw(request.at, request.entropy))
    return Intake(
        [registration_draft(asn, registration)],
        lambda entries, _: _json(201, _shown(agent_of(entries), None)),
    )


def deactivate(request: Request) -> Intake:
    """POST /agents/:asn/deactivate: nothing can be reported for it any more -> 200 and the agent."""
    asn = request.parameters["asn"]
    if not is_asn(asn):
        raise NotFound("there is no agent with this number: one looks like ASN-2026-0384-7721-A")
    body = canonical.parse(request.body) if request.body.strip() else {}
    if not isinstance(body, dict):
        raise InvalidBody("the body must be empty or a JSON object")

    def answer(entries: Sequence[Entry], reading: Reading) -> Answer:
        agent = agent_of([history(reading, asn)[0], *entries])
        return _json(200, _shown(agent, reading.score(ALGORITHM, NAME, asn, upto=entries[0]).values.get("overall")))

    return Intake([deactivation_draft(asn, body)], answer)


def show(request: Request, reading: Reading) -> Answer:
    """GET /agents/:asn: one agent, or 404."""
    agent = find_agent(reading, request.parameters["asn"])
    return _json(200, _shown(agent, _overall(agent, reading)))


def verify(request: Request, reading: Reading) -> Answer:
    """GET /verify/:asn: whether there is such an agent, and who runs it.

    Owned it is: only keys of the workspace that registered it report for it. Who that is, nobody has checked.
    """
    agent = find_agent(reading, request.parameters["asn"])
    return _json(200, {
        "asn": agent.asn,
        "status": agent.status,
        "ownership_verified": True,
        "kyc_verified": False,
        "trust_score": _overall(agent, reading),
        "operator_name": reading.workspace.name,
    })  # fmt: skip


def trust_score(request: Request, reading: Reading) -> Answer:
    """GET /agents/:asn/trust-score: the five dimensions and their mean, or why there are none."""
    asn = find_agent(reading, request.parameters["asn"]).asn
    score = reading.score(ALGORITHM, NAME, asn)
    values = score.values
    if "overall" not in values:
        return _json(200, {"asn": asn, "status": values["status"], "message": values["message"]})
    return _json(200, {
        "asn": asn,
        **{name: values[name] for name in (*_DIMENSIONS, "computation_window_days")},
        "algorithm_version": score.algorithm,
        "computed_at": instants.text(score.computed_at),
        "computed_over": {
            "entries": score.entries,
            "first": score.first,
            "last": score.last,
            "head": score.head and score.head.hex(),
        },
    })  # fmt: skip


def trust_history(request: Request, reading: Reading) -> Answer:
    """GET /agents/:asn/trust-score/history: the score at the end of each day that had one, oldest first."""
    asn = find_agent(reading, request.parameters["asn"]).asn
    score = reading.score(HISTORY_ALGORITHM, NAME, asn)
    return _json(200, {
        "asn": asn,
        "data": [{name: day[name] for name in ("date", *_DIMENSIONS)} for day in score.values["snapshots"]],
        "algorithm_version": score.algorithm,
        "computed_at": instants.text(score.computed_at),
    })  # fmt: skip


def _overall(agent: Agent, reading: Reading) -> Any:
    """0 to 100 with one decimal; None where there is no score yet."""
    return reading.score(ALGORITHM, NAME, agent.asn).values.get("overall")


def _shown(agent: Agent, overall: Any) -> dict[str, Any]:
    ended = agent.deactivated_at
    return {
        "id": agent_id(agent.asn),
        "asn": agent.asn,
        "name": agent.name,
        "class": agent.kind,
        "status": agent.status,
        "trust_score_overall": overall,
        "registered_at": instants.text(agent.registered_at),
        **({} if ended is None else {"deactivated_at": instants.text(ended)}),
    }


def _json(status: int, value: Any) -> Answer:
    return Answer(status, canonical.write(value))
