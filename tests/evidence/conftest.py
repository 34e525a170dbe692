"""Whatever these tests verify, both verifiers verify, and say the same of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from affidavit.verifier.affidavit_verify import Report, as_json
from tests.evidence.cases import Auditor
from tests.verifier_js import node


@pytest.fixture(scope="session")
def javascript() -> Iterator[node.Node | None]:
    """The other verifier; None where there is no Node: scripts/test says so."""
    if node.NODE is None:
        yield None
        return
    running = node.Node()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def both_agree(javascript: node.Node | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reports of the two are compared, field by field, whenever a test asks the one in Python."""
    if javascript is None:
        return
    python = Auditor.report

    def compared(auditor: Auditor, bundle: bytes) -> Report:
        report = python(auditor, bundle)
        node.compare(javascript, auditor, bundle, as_json(report))
        return report

    monkeypatch.setattr(Auditor, "report", compared)
