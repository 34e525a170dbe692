"""What is put in the way of a process that is to be killed between two steps."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable


def dies(*_: object, **__: object) -> None:
    """Instead of a step: SIGKILL, before it."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(step: Callable[..., object]) -> Callable[..., None]:
    """The step, then SIGKILL."""

    def both(*arguments: object) -> None:
        step(*arguments)
        dies()

    return both
