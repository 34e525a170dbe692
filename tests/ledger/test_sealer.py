"""The sealer, cranked by hand: what it signs, what it refuses, and a fault at each of its steps."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from affidavit.core.checkpoint import TreeHead, open_checkpoint
from affidavit.core.tiles import TILE_WIDTH
from affidavit.errors import AffidavitError, CheckpointMoved, DataDirectoryError, StoreFailed, StoreUnreadable
from affidavit.ledger.sealer import Sealer
from affidavit.ledger.signer import Signer
from affidavit.ledger.store import Checkpoint
from affidavit.ledger.tree import Tree
from affidavit.storage.memory import AFTER_SEAL, BEFORE_SEAL
from tests.ledger.sealing import AFTER_PUBLISH, BEFORE_PUBLISH, NOW, ORIGIN, SIGNER, Sealed


@pytest.fixture
def ledger(tmp_path: Path) -> Sealed:
    """A ledger without entries."""
    return Sealed(tmp_path)


def test_nothing_to_sign(ledger: Sealed) -> None:
    assert ledger.seal() is None
    assert not ledger.file.path.exists()


def test_a_checkpoint_over_everything(ledger: Sealed) -> None:
    ledger.record(3)
    checkpoint = ledger.seal()
    assert checkpoint is not None
    assert checkpoint == ledger.store.checkpoint() == Checkpoint(3, ledger.tree.root_at(3), checkpoint.note, NOW + 3)
    assert ledger.file.path.read_bytes() == checkpoint.note
    assert ledger.file.path.stat().st_mode & 0o777 == 0o600
    assert open_checkpoint(checkpoint.note, [SIGNER.verifier_key]).head == TreeHead(ORIGIN, 3, checkpoint.root)
    ledger.assert_one_history()


def test_nothing_new_is_not_signed_again(ledger: Sealed) -> None:
    ledger.record()
    first = ledger.seal()
    ledger.sent += 1  # time passes
    assert ledger.seal() == first
    assert len(ledger.store.checkpoints(0, 10)) == 1


def test_it_grows_over_many_starts(ledger: Sealed) -> None:
    for count in (1, TILE_WIDTH - 1, 1, 2 * TILE_WIDTH, 5, 300):
        ledger.record(count)
        sealed = ledger.seal()
        assert sealed is not None
        assert sealed.size == ledger.store.size()
        ledger.assert_one_history()
        ledger.start()
    ledger.tree.advance()
    roots = ledger.tree.nodes((at, at + TILE_WIDTH) for at in range(0, ledger.store.size() - TILE_WIDTH, TILE_WIDTH))
    assert ledger.store.tile(1, 0) == b"".join(roots)


STEPS = [BEFORE_PUBLISH, AFTER_PUBLISH, BEFORE_SEAL, AFTER_SEAL]


@pytest.mark.parametrize("restarts", [True, False], ids=["a crash", "a fault"])
@pytest.mark.parametrize("more", [0, 1, 400], ids=["nothing new", "an entry more", "tiles more"])
@pytest.mark.parametrize("step", STEPS)
def test_what_ends_at_a_step_is_finished_by_the_next(ledger: Sealed, step: str, more: int, restarts: bool) -> None:
    ledger.record(300)
    ledger.seal()
    ledger.record(2)
    faults = [step]

    def fault(at: str) -> None:
        if at in faults:
            faults.remove(at)
            raise StoreFailed("the disk refused")

    ledger.file.fault = ledger.store.fault = fault
    with pytest.raises(StoreFailed):
        ledger.seal()
    ledger.assert_one_history()
    assert ledger.newest() == (300 if step == BEFORE_PUBLISH else 302)
    if restarts:
        ledger.start()
    if more:
        ledger.record(more)
    checkpoint = ledger.seal()
    assert checkpoint is not None
    assert checkpoint == ledger.store.checkpoint()
    assert checkpoint.size == ledger.newest() == 302 + more
    ledger.assert_one_history()
    ledger.start()  # the tiles are whole
    assert ledger.tree.root() == (checkpoint.root, checkpoint.size)
    assert ledger.tree.growth().tiles == {}


def test_another_sealer_was_faster(ledger: Sealed) -> None:
    ledger.record(2)
    other = Sealer(ledger.store, Tree(ledger.store), SIGNER, ledger.file)

    def overtake(step: str) -> None:
        if step == AFTER_PUBLISH:
            ledger.file.fault = lambda step: None
            other.seal(NOW)

    ledger.file.fault = overtake
    with pytest.raises(CheckpointMoved):
        ledger.seal()
    assert ledger.seal() == ledger.store.checkpoint()
    ledger.assert_one_history()


def refused(ledger: Sealed) -> AffidavitError:
    """What a start says; nothing was signed."""
    ledger.start()
    file = ledger.file.path.read_bytes() if ledger.file.path.exists() else None
    before = ledger.store.checkpoints(0, 100)
    with pytest.raises(AffidavitError) as raised:
        ledger.seal()
    assert ledger.store.checkpoints(0, 100) == before
    assert (ledger.file.path.read_bytes() if ledger.file.path.exists() else None) == file
    return raised.value


@pytest.mark.parametrize("later", [0, 1], ids=["as it was", "with an entry of its own"])
def test_an_older_copy_beside_the_newest_checkpoint(ledger: Sealed, later: int) -> None:
    ledger.record(5)
    ledger.seal()
    older = deepcopy(ledger.store)
    ledger.record(5)
    ledger.seal()
    ledger.store = older
    if later:
        ledger.start()
        ledger.record(later)
    error = refused(ledger)
    assert isinstance(error, DataDirectoryError)
    assert f"has {5 + later} entries, but its signer has signed 10" in str(error)
    assert "older copy" in str(error)
    assert "affidavit show" in str(error)


def test_an_older_copy_that_has_grown_past_the_checkpoint(ledger: Sealed) -> None:
    ledger.record(5)
    ledger.seal()
    older = deepcopy(ledger.store)
    ledger.record(5)
    ledger.seal()
    ledger.store = older
    ledger.start()
    ledger.record(6)
    error = refused(ledger)
    assert isinstance(error, StoreUnreadable)
    assert "the first 10 entries of this ledger are not those that its signer has signed" in str(error)


@pytest.mark.parametrize("without", ["file", "store"])
def test_entries_that_were_cut_off(ledger: Sealed, without: str) -> None:
    """Either of the two places is enough to find it."""
    ledger.record(5)
    ledger.seal()
    del ledger.store._entries[4:]
    if without == "file":
        ledger.file.path.unlink()
    else:
        ledger.store._checkpoints.clear()
    assert isinstance(refused(ledger), DataDirectoryError)


@pytest.mark.parametrize("without", ["file", "store"])
def test_an_entry_that_was_changed(ledger: Sealed, without: str) -> None:
    ledger.record(5)
    ledger.seal()
    ledger.record(1)
    ledger.store._entries[3] = ledger.store._entries[2]
    if without == "file":
        ledger.file.path.unlink()
    else:
        ledger.store._checkpoints.clear()
    assert isinstance(refused(ledger), StoreUnreadable)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b"half a no", "is damaged"),
        (b"words\n\n\xe2\x80\x94 name AAAAAAAA\n", "is damaged"),
        (
            Signer("another.example/ledger", bytes(32)).checkpoint(1, bytes(32)),
            "is of another.example/ledger",
        ),
    ],
    ids=["empty", "cut off", "no checkpoint", "of another ledger"],
)
def test_a_file_that_is_not_ours(ledger: Sealed, content: bytes, message: str) -> None:
    ledger.record()
    ledger.file.path.write_bytes(content)
    error = refused(ledger)
    assert isinstance(error, DataDirectoryError)
    assert message in str(error)


def test_a_file_that_is_gone_is_written_again(ledger: Sealed) -> None:
    ledger.record()
    checkpoint = ledger.seal()
    assert checkpoint is not None
    ledger.file.path.unlink()
    assert ledger.seal() == checkpoint
    assert ledger.file.path.read_bytes() == checkpoint.note


def test_a_file_that_cannot_be_written(ledger: Sealed) -> None:
    ledger.record()
    ledger.file.path.with_suffix(".new").mkdir()
    with pytest.raises(StoreFailed, match="cannot be written"):
        ledger.seal()
    ledger.file.path.with_suffix(".new").rmdir()
    ledger.file.path.mkdir()
    with pytest.raises(StoreFailed, match="cannot be read"):
        ledger.seal()
    ledger.file.path.rmdir()
    assert ledger.seal() is not None
