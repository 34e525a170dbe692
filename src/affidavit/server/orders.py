"""What clients have the ledger itself do: seal, erase, hold, release. Each within the workspace of its key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from affidavit.access.admission import Grant
from affidavit.core.entry import Entry
from affidavit.errors import NotFound, Unavailable
from affidavit.ledger import holds
from affidavit.ledger.erasure import Grounds
from affidavit.ledger.store import Store
from affidavit.model.command import Command, Erase, Hold, Outcome, Release, Seal
from affidavit.model.draft import Submission, Workspace
from affidavit.model.proving import Signed
from affidavit.server.erasing import Erasing
from affidavit.server.sealing import Checkpoints
from affidavit.server.threads import Threads

SEAL_SECONDS: Final = 30.0
"""How long a client waits for a checkpoint that it ordered."""


class Orders:
    """Owned by the event loop's thread."""

    def __init__(
        self,
        store: Store,
        append: Callable[[Submission], Awaitable[list[Entry]]],
        erasing: Erasing,
        checkpoints: Checkpoints,
        threads: Threads,
    ) -> None:
        """`append`: `Appender.append`. `threads`: where the ledger is looked at before anything is done."""
        self._store = store
        self._append = append
        self._erasing = erasing
        self._checkpoints = checkpoints
        self._threads = threads

    async def give(self, command: Command, grant: Grant, now: int) -> Outcome:
        """Do it. `now`: µs since 1970. Raises NotFound, InvalidBody, ChainHeld: nothing was done. Unavailable."""
        if isinstance(command, Seal):
            return await self._seal()
        grounds = Grounds(command.reason, f"{command.authority} ({grant.by})")
        if isinstance(command, Erase):
            done = await self._erasing.erase(command.entries, grounds, now, grant.workspace)
            return Outcome(tuple(done.erased), tuple(done.already), tuple(done.said), done.left)
        changed, submissions = await self._threads.run(self._planned, command, grounds, grant.workspace, now)
        said = [entry for submission in submissions for entry in await self._append(submission)]
        already = tuple(chain for chain in dict.fromkeys(command.chains) if chain not in changed)
        return Outcome(changed, already, tuple(said))

    async def _seal(self) -> Outcome:
        try:
            sealed = await asyncio.wait_for(self._checkpoints.seal_now(), SEAL_SECONDS)
        except TimeoutError:
            raise Unavailable(f"no checkpoint was signed within {SEAL_SECONDS:g} s: ask again") from None
        return Outcome(checkpoint=None if sealed is None else Signed(sealed.size, sealed.note))

    def _planned(
        self, command: Hold | Release, grounds: Grounds, workspace: Workspace, now: int
    ) -> tuple[tuple[bytes, ...], list[Submission]]:
        """The chains that the command changes, and what is to be appended."""
        for chain in command.chains:
            if self._store.chain(workspace.id, chain) is None:
                raise NotFound(f"there is no chain {chain.hex()}: nothing was changed")
        act: holds.Act = "hold" if isinstance(command, Hold) else "release"
        submissions = holds.orders(act, self._store, command.chains, grounds, now)
        effects = [submission.effect for submission in submissions if submission.effect is not None]
        return tuple(chain for effect in effects for chain in effect.hold + effect.release), submissions
