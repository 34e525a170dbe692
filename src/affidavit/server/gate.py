"""Who may come in: keys, scopes, rate limits, and what everybody may see."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from affidavit.access.admission import Admission, Grant
from affidavit.access.rates import Rates
from affidavit.dialects.contract import Dialect, Ingest, Read, Request
from affidavit.errors import Forbidden, RateLimited, StoreError, Unauthenticated, Unavailable
from affidavit.model.draft import Workspace
from affidavit.server.exchange import Exchange
from affidavit.server.lookups import Lookups
from affidavit.server.origins import refuse_foreign
from affidavit.server.router import Match, Route


class Gate(msgspec.Struct, frozen=True):
    """Owned by the event loop's thread.

    rates            requests of each key
    visitors         requests without a good key, of each network
    public           the workspace that routes without a key look into
    public_reads     whether the routes that a vendor makes public are
    home             dialect, chain key -> the workspace that has that chain
    public_evidence  whether the ledger's own evidence is for everybody
    lookups          where keys are looked up; None where the store answers at once
    """

    admission: Admission
    rates: Rates
    visitors: Rates
    public: Workspace
    public_reads: bool
    home: Callable[[str, str], Workspace | None]
    public_evidence: bool = False
    lookups: Lookups | None = None

    async def admit(self, exchange: Exchange, match: Match) -> Grant:
        """The vendors' order: key, scope, rate. Raises Unauthenticated, Forbidden, RateLimited."""
        route = match.route
        if self.admission.open_grant is not None:
            refuse_foreign(exchange.headers)
            exchange.come_as(self.admission.open_grant.by)
            return self.admission.open_grant
        if route.scope is None:
            self._count_visitor(exchange)
            return Grant(self.public, "", ())
        try:
            return await self._holder(exchange, match.dialect, route, route.scope)
        except Unauthenticated:
            self._count_visitor(exchange)
            raise

    def _count_visitor(self, exchange: Exchange) -> None:
        """Raises RateLimited for one of too many from the same network."""
        exchange.come_as("")
        exchange.rate = self.visitors.take(exchange.network)
        if exchange.rate is not None and exchange.rate.retry_after:
            raise RateLimited(
                f"from one address {exchange.rate.limit} requests a minute may come without a good key",
                retry_after=exchange.rate.retry_after,
            )

    async def _holder(self, exchange: Exchange, dialect: Dialect, route: Route, scope: str) -> Grant:
        token = dialect.credential(exchange.headers)
        if not self.admission.remembers(token) and self.visitors.is_used_up(exchange.network):
            self._count_visitor(exchange)  # whether the key is good costs a read, which others have used up
        grant = await self._grant(token, dialect)
        exchange.come_as(grant.by)
        grant.require(scope, *(route.other_scopes if isinstance(route, Ingest | Read) else ()))
        exchange.rate = self.rates.take(grant.by)
        if exchange.rate is not None and exchange.rate.retry_after:
            raise RateLimited(
                f"this key may send {exchange.rate.limit} requests a minute", retry_after=exchange.rate.retry_after
            )
        return grant

    async def _grant(self, token: str, dialect: Dialect) -> Grant:
        """What who shows a token may do, which is looked up now and then. Raises Unauthenticated."""
        key = self.admission.fresh(token)
        if key is None:
            asked_at = self.admission.now
            key = self.admission.look_up(token) if self.lookups is None else await self.lookups.key_of(token)
            if key is not None:
                self.admission.keep(token, key, asked_at)
        return self.admission.grant(key, dialect.name)

    async def still_admits(self, exchange: Exchange, match: Match) -> bool:
        """Whether the key that a request came with would be admitted now; it costs nothing of its rate."""
        if self.admission.open_grant is not None or match.route.scope is None:
            return True
        try:
            grant = await self._grant(match.dialect.credential(exchange.headers), match.dialect)
            grant.require(match.route.scope)
        except (Unauthenticated, Forbidden, Unavailable, StoreError):  # who cannot be looked up may come again
            return False
        return True

    async def admit_reader(self, exchange: Exchange, match: Match, route: Read) -> Grant | None:
        """As `admit`; None for who may see what everybody may see, and nothing else."""
        is_shown = (route.about is not None and self.public_reads) or (route.is_evidence and self.public_evidence)
        is_public = is_shown and self.admission.open_grant is None
        try:
            return await self.admit(exchange, match)
        except Unauthenticated:
            if not is_public:
                raise
        except Forbidden:
            if not is_public:
                raise
            self._count_visitor(exchange)
        return None

    def placed(self, match: Match, route: Read, request: Request, owner: Grant | None) -> Grant:
        """What an admitted read looks into: of what everybody may see the workspace that has it.

        Who does not own that comes as nobody in particular. Reads the ledger: for any thread but the event loop's.
        """
        home = None if route.about is None else self.home(match.dialect.name, route.about(request))
        if owner is not None and (home is None or home == owner.workspace or not self.public_reads):
            return owner
        return Grant(home or self.public, "", ())
