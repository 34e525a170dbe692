"""How far a command is that takes long, for who watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def progress_bar(label: str, size: int = 1) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, where somebody watches. Gets (done, in all); `size`: what is known of that before."""
    watched = sys.stderr.isatty()
    with click.progressbar(length=max(size, 1), label=label, file=sys.stderr, hidden=not watched) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(min(done, bar.length) - bar.pos)

        yield show
