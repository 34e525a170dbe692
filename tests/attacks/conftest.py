"""Every bundle is verified by both verifiers, which must say the same: as in tests/evidence."""

from tests.evidence.conftest import both_agree, javascript

__all__ = ["both_agree", "javascript"]
