"""Fleets on databases of the shared cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.shared.fleet import Fleet

MakeFleet = Callable[..., Fleet]


@pytest.fixture
def make_fleet(tmp_path: Path) -> Iterator[MakeFleet]:
    """`make_fleet(url, count)`: gone when the test is over."""
    with ExitStack() as running:

        def make(url: str, count: int, **environment: str) -> Fleet:
            return running.enter_context(closing(Fleet(tmp_path, url, count, **environment)))

        yield make
