"""A store in memory: for tests of everything above it, with a seam for faults."""

from affidavit.storage.memory.seals import AFTER_SEAL, BEFORE_SEAL
from affidavit.storage.memory.store import AFTER_COMMIT, BEFORE_COMMIT, MemoryStore

__all__ = ["AFTER_COMMIT", "AFTER_SEAL", "BEFORE_COMMIT", "BEFORE_SEAL", "MemoryStore"]
