"""The program, with a sampler on its event loop: how late a timer is, while the sealer makes a step and otherwise.

Written to the file that LAG_FILE names, at the end. Not to be run by hand: bench.sealing starts servers with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import uvloop

from affidavit.cli import main
from affidavit.server.sealing import Sealing

TICK_SECONDS = 0.001

_new_event_loop = uvloop.new_event_loop
_step = Sealing._step
_steps_done = 0
_stepping = False
_lags: dict[bool, list[float]] = {False: [], True: []}


def _sampled() -> asyncio.AbstractEventLoop:
    """A loop whose every tick is late by as long as something else had it."""
    loop = _new_event_loop()
    due, done, was_stepping = time.perf_counter() + TICK_SECONDS, 0, False

    def tick() -> None:
        nonlocal due, done, was_stepping
        now = time.perf_counter()
        _lags[was_stepping or _stepping or done != _steps_done].append(now - due)
        due, done, was_stepping = now + TICK_SECONDS, _steps_done, _stepping
        loop.call_later(TICK_SECONDS, tick)

    loop.call_later(TICK_SECONDS, tick)
    return loop


def _watched(sealing: Sealing) -> None:
    global _stepping, _steps_done
    _stepping = True
    try:
        _step(sealing)
    finally:
        _stepping = False
        _steps_done += 1


if __name__ == "__main__":
    uvloop.new_event_loop = _sampled  # type: ignore[assignment]
    Sealing._step = _watched  # type: ignore[method-assign, assignment]
    try:
        main()
    finally:
        if file := os.environ.get("LAG_FILE"):
            Path(file).write_text(json.dumps([sorted(_lags[stepping])[-1000:] for stepping in (False, True)]))
