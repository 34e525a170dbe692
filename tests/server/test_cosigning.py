"""A witness as its ledger sees it: the sizes it says it has, the lines it gives, and what is not believed of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from affidavit.core.checkpoint import parse_checkpoint
from affidavit.core.note import parse_note
from affidavit.core.notekey import COSIGNATURE
from affidavit.core.proposal import SIZE_TYPE, parse_proposal
from affidavit.core.signing import cosign, verifier_key
from affidavit.errors import AffidavitError, BadSignature, MalformedNote, NotAnswered, OtherCheckpoint, Refused
from affidavit.ledger.store import Checkpoint
from affidavit.server.cosigning import RemoteWitness
from affidavit.server.remote import Remote
from affidavit.storage.memory import MemoryStore
from affidavit.witness.witness import Witness
from tests.server.peers import Answering, answering
from tests.witness.logs import Log

LOG = Log()
NAME, SEED = "witness.example/1", b"w" * 32


def sealed(log: Log, size: int) -> Checkpoint:
    note = log.checkpoint(size)
    return Checkpoint(size, parse_checkpoint(parse_note(note).text).root, note, 0)


def judged_by(witness: Witness, asked: list[int]) -> Answering:
    """What the witness answers over HTTP; `asked`: the old sizes that it was told."""

    def answer(body: bytes) -> tuple[int, str, bytes]:
        asked.append(parse_proposal(body).old)
        try:
            return 200, "text/plain", witness.add(body).encode()
        except OtherCheckpoint as error:
            return 409, SIZE_TYPE, b"%d\n" % error.size
        except Refused as error:
            return error.status, "text/plain", str(error).encode()

    return answer


@contextmanager
def remote_witness(answer: Answering, log: Log = LOG, store: MemoryStore | None = None) -> Iterator[RemoteWitness]:
    key = verifier_key(NAME, SEED, COSIGNATURE)
    with answering(answer) as url, closing(Remote(f"{url}/add-checkpoint", 5)) as remote:
        keep = (store or MemoryStore()).add_cosignature
        yield RemoteWitness(key, remote, lambda old, new: list(log.proof(old, new)), keep)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path, NAME, SEED, {LOG.origin: [LOG.key]}, lambda: 1_790_000_000)


def test_it_cosigns_what_grows(witness: Witness) -> None:
    asked: list[int] = []
    store = MemoryStore()
    with remote_witness(judged_by(witness, asked), store=store) as source:
        for size in (2, 5, 5, 300):
            checkpoint = sealed(LOG, size)
            line = source.ask(checkpoint)
            source.keep(checkpoint, line)
            assert store.cosignatures(size) == [line]
            assert line == cosign(parse_note(checkpoint.note).text, NAME, SEED, 1_790_000_000).line
    assert asked == [0, 2, 5, 5]


def test_it_is_asked_what_it_has(witness: Witness) -> None:
    """By a ledger that starts again, and one that was not the last to ask."""
    asked: list[int] = []
    with remote_witness(judged_by(witness, asked)) as first, remote_witness(judged_by(witness, asked)) as second:
        first.ask(sealed(LOG, 4))
        second.ask(sealed(LOG, 6))
        first.ask(sealed(LOG, 7))
    assert asked == [0, 0, 4, 4, 6]


def test_it_was_shown_another_history(witness: Witness) -> None:
    other = Log(story="other", fork=2)
    with remote_witness(judged_by(witness, [])) as source:
        source.ask(sealed(LOG, 5))
    with remote_witness(judged_by(witness, []), other) as source:
        with pytest.raises(NotAnswered, match="size 5 with another root: it was shown another history"):
            source.ask(sealed(other, 5))
        with pytest.raises(NotAnswered, match="it answered 422: the consistency proof"):
            source.ask(sealed(other, 8))
        with pytest.raises(NotAnswered, match="cosigned size 5, and this ledger has come to 4 only"):
            source.ask(sealed(other, 4))


def test_it_is_well_again_after_a_fault(witness: Witness) -> None:
    """What it said of its size while it was not is forgotten."""
    asked: list[int] = []
    is_ill = True

    def answer(body: bytes) -> tuple[int, str, bytes]:
        return (409, SIZE_TYPE, b"9000000000000000000\n") if is_ill else judged_by(witness, asked)(body)

    with remote_witness(answer) as source:
        with pytest.raises(NotAnswered, match="come to 4 only"):
            source.ask(sealed(LOG, 4))
        is_ill = False
        source.ask(sealed(LOG, 4))
    assert asked == [0]


TEXT = parse_note(LOG.checkpoint(4)).text
GOOD = cosign(TEXT, NAME, SEED, 7).line
LIES: dict[str, tuple[tuple[int, str, bytes], type[AffidavitError], str]] = {
    "nothing": ((200, "", b""), MalformedNote, "not lines"),
    "words": ((200, "", b"thank you\n"), MalformedNote, "not a signature line"),
    "half a line": ((200, "", GOOD.encode()[:-1]), MalformedNote, "not lines that end"),
    "not UTF-8": ((200, "", b"\xff\n"), MalformedNote, "not UTF-8"),
    "of another text": (
        (200, "", cosign(b"a\n", NAME, SEED, 7).line.encode()),
        BadSignature,
        "not over the checkpoint",
    ),
    "of another key": ((200, "", cosign(TEXT, NAME, b"x" * 32, 7).line.encode()), BadSignature, "is not among those"),
    "of another name": ((200, "", cosign(TEXT, "w2", SEED, 7).line.encode()), BadSignature, "is not among those"),
    "no size": ((409, SIZE_TYPE, b"many\n"), NotAnswered, "which is no size"),
    "a size of another type": ((409, "text/plain", b"2\n"), NotAnswered, "it answered 409: 2"),
    "a redirect": ((301, "text/plain", b""), NotAnswered, "it answered 301"),
    "it is unwell": ((500, "text/plain", b"\xff\x1b[31m"), NotAnswered, "it answered 500"),
}


@pytest.mark.parametrize(("answer", "error", "words"), LIES.values(), ids=LIES)
def test_what_is_not_believed(answer: tuple[int, str, bytes], error: type[AffidavitError], words: str) -> None:
    with remote_witness(lambda _: answer) as source, pytest.raises(error, match=words):
        source.ask(sealed(LOG, 4))


def test_it_changes_its_mind() -> None:
    sizes = iter([b"1\n", b"2\n", b"3\n"])
    with remote_witness(lambda _: (409, SIZE_TYPE, next(sizes))) as source:
        with pytest.raises(NotAnswered, match="each time"):
            source.ask(sealed(LOG, 4))
        assert next(sizes, None) is None


def test_lines_of_others_are_left_out() -> None:
    others = "".join(cosign(TEXT, f"w{number}", bytes([number]) * 32, 7).line for number in range(3))
    with remote_witness(lambda _: (200, "text/plain", f"{others}{GOOD}".encode())) as source:
        assert source.ask(sealed(LOG, 4)) == GOOD
