"""Who may come in: keys, scopes, rate limits, and what everybody may see."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from affidavit.access.admission import Admission, Grant
from affidavit.access.rates import Rates
from affidavit.dialects.contract import Dialect, Read, Request, Stream
from affidavit.errors import Forbidden, RateLimited, StoreError, Unauthenticated
from affidavit.model.draft import Workspace
from affidavit.server.exchange import Exchange
from affidavit.server.origins import refuse_foreign
from affidavit.server.router import Match, Route


class Gate(msgspec.Struct, frozen=True):
    """Owned by the event loop's thread.

    public        the workspace that routes without a key look into
    public_reads  whether the routes that a vendor makes public are
    home          dialect, chain key -> the workspace that has that chain
    """

    admission: Admission
    rates: Rates
    public: Workspace
    public_reads: bool
    home: Callable[[str, str], Workspace | None]

    def admit(self, exchange: Exchange, match: Match) -> Grant:
        """The vendors' order: key, scope, rate. Raises Unauthenticated, Forbidden, RateLimited."""
        route = match.route
        if self.admission.open_grant is not None:
            refuse_foreign(exchange.headers)
            exchange.by = self.admission.open_grant.by
            return self.admission.open_grant
        if route.scope is None:
            return Grant(self.public, "", ())
        return self._holder(exchange, match.dialect, route, route.scope)

    def _holder(self, exchange: Exchange, dialect: Dialect, route: Route, scope: str) -> Grant:
        grant = self.admission.admit(dialect.credential(exchange.headers), dialect.name)
        exchange.by = grant.by
        grant.require(scope, *(() if isinstance(route, Stream) else route.other_scopes))
        exchange.rate = self.rates.take(grant.by)
        if exchange.rate is not None and exchange.rate.retry_after:
            raise RateLimited(
                f"this key may send {exchange.rate.limit} requests a minute", retry_after=exchange.rate.retry_after
            )
        return grant

    def still_admits(self, exchange: Exchange, match: Match) -> bool:
        """Whether the key that a request came with would be admitted now; it costs nothing of its rate."""
        if self.admission.open_grant is not None or match.route.scope is None:
            return True
        try:
            grant = self.admission.admit(match.dialect.credential(exchange.headers), match.dialect.name)
            grant.require(match.route.scope)
        except (Unauthenticated, Forbidden, StoreError):  # who cannot be looked up may come again
            return False
        return True

    def admit_to(self, exchange: Exchange, match: Match, request: Request) -> Grant:
        """The same for a read of what everybody may see: who does not own it comes as nobody in particular."""
        route = match.route
        if not isinstance(route, Read) or route.about is None:
            return self.admit(exchange, match)
        try:
            owner = self.admit(exchange, match)
        except (Unauthenticated, Forbidden):
            if not self.public_reads or self.admission.open_grant is not None:
                raise
            owner = None
            exchange.by = ""
        home = self.home(match.dialect.name, route.about(request))
        if owner is not None and (home is None or home == owner.workspace or not self.public_reads):
            return owner
        return Grant(home or self.public, "", ())
