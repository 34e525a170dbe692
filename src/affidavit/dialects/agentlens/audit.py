"""GET /api/audit/verify: whether the chains of some sessions hold."""

from __future__ import annotations

from typing import Any, Final

from affidavit.core import canonical, instants
from affidavit.core.entry import Entry
from affidavit.core.ids import ulid_text
from affidavit.dialects.agentlens.extent import count
from affidavit.dialects.agentlens.spans import asked_instant
from affidavit.dialects.agentlens.wire import NAME
from affidavit.dialects.contract import Answer, Request
from affidavit.errors import StoreUnreadable
from affidavit.model.draft import as_sent, storable
from affidavit.model.query import ChainReport, Query
from affidavit.model.reading import Reading

MAX_SPAN: Final = 365 * instants.DAY + instants.DAY // 4
"""µs that may lie between `from` and `to`."""

_Verified = tuple[str, int, ChainReport]
"""A session, how many entries it has, and what was found."""


def verify(request: Request, reading: Reading) -> Answer:
    """GET /api/audit/verify: the session `sessionId`, or every session with an event from `from` to `to`.

    One session's chain is read again from its start. Of many, what was found sound before is not read again while the
    chain still builds on it.
    """
    session, start, end = (request.query.get(name, "") for name in ("sessionId", "from", "to"))
    if not session and not (start and end):
        return _refusal("Provide from/to or sessionId")
    since, until = asked_instant(start), asked_instant(end)
    for text, micros in ((start, since), (end, until)):
        if text and micros is None:
            return _refusal(f"Invalid ISO 8601 date: {text}")
    if since is not None and until is not None and until - since > MAX_SPAN:
        return _refusal("Range must not exceed 1 year")
    if session:
        about: dict[str, Any] = {"range": None, "sessionId": session}
        found = [_session(storable(session), reading)]
    else:
        about = {"range": {"from": start, "to": end}}
        found = _sessions(since, until, reading)
    return Answer(200, canonical.write(_body(about, found, request.at, reading)))


def _refusal(error: str) -> Answer:
    """The vendor's refusals of this route have no status in their body."""
    return Answer(400, canonical.write({"error": error}))


def _session(session: str, reading: Reading) -> _Verified:
    report = reading.verify_chain(NAME, session)
    # Those that are erased belong to the chain, and to no session that could be asked for.
    return session, report.entries if report.valid else count(Query(NAME, session=session), reading), report


def _sessions(since: int | None, until: int | None, reading: Reading) -> list[_Verified]:
    wanted = {group.name for group in reading.groups(NAME, "session", since=since, until=until)}
    verified = reading.verify_chains(NAME)
    return [(chain.key, chain.head.seq, report) for chain, report in verified if chain.key in wanted and not chain.gone]


def _body(about: dict[str, Any], found: list[_Verified], at: int, reading: Reading) -> dict[str, Any]:
    """`at`: now, in µs since 1970. Hashes are those of the first session's first event and the last's last."""
    first = _nth(found[0][0], 1, reading) if found else None
    last = _nth(found[-1][0], found[-1][1], reading) if found else None
    broken = [_broken(session, report, reading) for session, _, report in found if not report.valid]
    return {
        "verified": not broken,
        "verifiedAt": instants.text(at),
        **about,
        "sessionsVerified": len(found),
        "totalEvents": sum(entries for _, entries, _ in found),
        "firstHash": first and first.hash.hex(),
        "lastHash": last and last.hash.hex(),
        "brokenChains": broken,
        "signature": None,
    }


def _broken(session: str, report: ChainReport, reading: Reading) -> dict[str, Any]:
    seq = report.broken_seq or 1
    entry = _nth(session, seq, reading)
    return {
        "sessionId": as_sent(session),
        "failedAtIndex": seq - 1,
        "failedEventId": entry and ulid_text(entry.id),
        "reason": report.reason,
    }


def _nth(session: str, seq: int, reading: Reading) -> Entry | None:
    """The entry with this place in a session's chain; None if it is not there, or cannot be read.

    Looked for from the end that it is nearer to, where it stands if timestamps are in the order of arrival.
    """
    query = Query(NAME, session=session, ascending=seq == 1, counted=False)
    try:
        return next((entry for entry in reading.scan(query) if entry.seq == seq), None)
    except StoreUnreadable:
        return None
