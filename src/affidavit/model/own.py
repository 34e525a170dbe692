"""The ledger's own chain: what the ledger itself has to say, in entries like all others. docs/formats/ledger-chain.md.

It belongs to `LEDGER`, whose salt is no secret: anybody can compute the chain's id, and look there for heads and for
what was erased on whose authority.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from affidavit.core import canonical
from affidavit.core.entry import chain_id
from affidavit.model.draft import LEDGER, Draft, Projection, Submission

DIALECT: Final = "affidavit"
CHAIN_KEY: Final = "ledger"
BY: Final = "ledger"
"""The header's `by`: no key, the ledger."""
CHAIN: Final = chain_id(LEDGER.salt, DIALECT, CHAIN_KEY)
"""The chain's id, of every ledger the same."""

Kind = Literal["heads", "erasure", "hold", "release", "signer"]


def submission(kind: Kind, members: Mapping[str, Any], at: int) -> Submission:
    """An entry of the ledger's own, for the sequencer: its payload is `members` and the kind, as "type"."""
    payload = {**members, "type": kind}
    return Submission(LEDGER, DIALECT, BY, at, [Draft(canonical.encode(payload), project(payload))])


def project(payload: Any) -> Projection:
    """What the ledger can be asked about an entry of its own. Raises ValueError for a payload that is none."""
    kind = payload.get("type") if isinstance(payload, dict) else None
    if not isinstance(kind, str) or kind not in get_args(Kind):
        raise ValueError(f"the ledger itself records {', '.join(get_args(Kind))}, not {kind!r}")
    return Projection(CHAIN_KEY, None, None, kind, None, None)
