"""Steps that a process dies in, or behind, as far as the test's own process can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Died(BaseException):
    """The process is no more."""


def dies(*_: Any, **__: Any) -> None:
    raise Died


def after(step: Callable[..., Any]) -> Callable[..., Any]:
    """The step, and death behind it."""

    def stepped(*arguments: Any, **named: Any) -> Any:
        step(*arguments, **named)
        raise Died

    return stepped
