"""The ledgers that are attacked. Every bundle is verified by both verifiers, which must say the same."""

from pathlib import Path

import pytest

from tests.attacks import grounds
from tests.evidence.conftest import both_agree, javascript

__all__ = ["both_agree", "javascript"]


@pytest.fixture(scope="session")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One ledger as it was, as it is, with an entry erased; and another ledger."""
    ours, theirs = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs")
    return grounds.make(ours) | {"other": grounds.make(theirs, grounds.OTHER)["whole"]}
