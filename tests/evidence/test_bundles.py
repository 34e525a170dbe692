"""Bundles of every scope are proven, say no more than is so, and are the same bytes each time."""

from __future__ import annotations

import pytest

from tests.evidence import cases


@pytest.mark.parametrize("scope", cases.SCOPES)
def test_proven(scope: str) -> None:
    ledger = cases.usual()
    ledger.seal()
    bundle = ledger.bundle(cases.SCOPES[scope])
    report = cases.auditor(ledger).report(bundle)
    assert report.problems == []
    assert report.exit == 0
    assert bundle == ledger.bundle(cases.SCOPES[scope])
    assert cases.packed(cases.members_of(bundle)) == bundle
