"""One process of Node for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verifier_js import node


@pytest.fixture(scope="module")
def javascript() -> Iterator[node.Node]:
    """The verifier in JavaScript."""
    if node.NODE is None:
        pytest.skip("there is no Node here: ./scripts/node installs it")
    running = node.Node()
    yield running
    running.close()
