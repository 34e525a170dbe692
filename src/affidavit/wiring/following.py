"""Who follows a shared ledger for a server's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from affidavit.ledger.scores import Scores
from affidavit.ledger.store import Store
from affidavit.server.following import Follower, Following
from affidavit.server.live import Live


def following_of(store: Store, live: Live, scores: Scores, loop: asyncio.AbstractEventLoop) -> Following:
    """The thread, which does not run yet."""

    def tell(callback: Callable[..., None], what: object) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody listens any more
            loop.call_soon_threadsafe(callback, what)

    def erased(identities: Sequence[bytes]) -> None:
        scores.forget_all()  # which they had a part in is not known any more
        tell(live.forget, frozenset(identities))

    follower = Follower(store, lambda: live.listened_to, lambda entries: tell(live.publish, entries), erased)
    return Following(follower.step)
