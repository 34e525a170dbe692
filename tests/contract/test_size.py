"""What a ledger takes where it is kept."""

from __future__ import annotations

from tests.contract.recording import Recording, draft


def test_it_grows_with_what_is_recorded(recording: Recording) -> None:
    before = recording.store.storage_bytes()
    assert before is not None
    text = "x" * 100_000
    recording.record([draft(text)])
    after = recording.store.storage_bytes()
    assert after is not None
    assert after >= before + len(text)


def test_nobody_is_told_how_much_others_report(recording: Recording) -> None:
    recording.store.add_workspace("second", b"another of sixte")
    assert recording.store.storage_bytes() is None
