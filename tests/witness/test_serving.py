"""A witness over HTTP, case by case of its specification (C2SP tlog-witness), and the public scripts of another one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from affidavit.core.note import parse_note
from affidavit.core.notekey import COSIGNATURE, ED25519, VerifierKey
from affidavit.core.proposal import Proposal, cosignature_in, format_proposal
from tests.running import Running
from tests.witness.logs import Log
from tests.witness.serving import key_of, propose, start_witness

SCRIPTS = Path(__file__).parents[3] / "shared/vectors/tlog-witness/cmd/litewitness/testdata"
SIGSUM = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
SIGSUM_KEY = VerifierKey(
    SIGSUM, ED25519, bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
)
SUMDB = "go.sum database tree sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
"""A log whose key is not named after it."""
LOG = Log()
BUSY = Log("log.example/busy")


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Running]:
    """It knows LOG and BUSY, and has seen nothing."""
    running = start_witness(tmp_path / "witness", str(LOG.key), str(BUSY.key))
    try:
        yield running
    finally:
        running.stop()


def assert_cosigned(witness: Running, answer: httpx.Response, checkpoint: bytes) -> None:
    assert answer.status_code == 200, answer.text
    assert answer.text.startswith("— witness.example/1 ")
    assert key_of(witness).algorithm == COSIGNATURE
    assert cosignature_in(answer.content, parse_note(checkpoint).text, key_of(witness)) == answer.text


def assert_conflict(answer: httpx.Response, size: int) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (409, "text/x.tlog.size")
    assert answer.text == f"{size}\n"


def test_a_log_that_grows(witness: Running) -> None:
    for old, new in [(0, 1), (1, 3), (3, 3), (3, 8), (8, 300)]:
        assert_cosigned(witness, propose(witness, LOG.proposal(old, new)), LOG.checkpoint(new))
    assert_conflict(propose(witness, LOG.proposal(3, 301)), 300)
    assert_conflict(propose(witness, LOG.proposal(0, 301)), 300)
    assert_conflict(propose(witness, LOG.proposal(8, 299)), 300)


def test_an_empty_log(witness: Running) -> None:
    assert_cosigned(witness, propose(witness, LOG.proposal(0, 0)), LOG.checkpoint(0))
    assert_cosigned(witness, propose(witness, LOG.proposal(0, 2)), LOG.checkpoint(2))


def test_logs_do_not_know_each_other(witness: Running) -> None:
    assert propose(witness, LOG.proposal(0, 5)).status_code == 200
    assert_cosigned(witness, propose(witness, BUSY.proposal(0, 2)), BUSY.checkpoint(2))


FIVE, TRUE_PROOF = LOG.checkpoint(5), LOG.proof(3, 5)
REFUSED = {
    "nothing": (b"", 400),
    "no old line": (b"\n" + FIVE, 400),
    "old with a sign": (b"old +3\n\n" + FIVE, 400),
    "old with a leading zero": (b"old 03\n\n" + FIVE, 400),
    "no empty line": (b"old 3\n" + FIVE.replace(b"\n\n", b"\n"), 400),
    "a hash too short": (b"old 3\nAAAA\n\n" + FIVE, 400),
    "64 hashes": (format_proposal(Proposal(3, (bytes(32),) * 64, FIVE)), 400),
    "no note": (b"old 3\n\nwords\n", 400),
    "no checkpoint": (b"old 3\n\n" + FIVE.replace(b"\n5\n", b"\nfive\n"), 400),
    "old beyond the size": (format_proposal(Proposal(6, (), FIVE)), 400),
    "too large": (b"old 3\n\n" + FIVE + b"x" * (64 << 10), 413),
    "another log": (Log("log.example/unknown").proposal(0, 5), 404),
    "another key": (format_proposal(Proposal(3, TRUE_PROOF, LOG.checkpoint(5, seed=bytes(32)))), 403),
    "a text that was not signed": (format_proposal(Proposal(3, TRUE_PROOF, FIVE.replace(b"\n5\n", b"\n6\n"))), 403),
    "no proof": (format_proposal(Proposal(3, (), FIVE)), 422),
    "another proof": (format_proposal(Proposal(3, LOG.proof(2, 5), FIVE)), 422),
    "a proof too long": (format_proposal(Proposal(3, (*TRUE_PROOF, bytes(32)), FIVE)), 422),
    "a proof for the same size": (format_proposal(Proposal(3, (bytes(32),), LOG.checkpoint(3))), 422),
    "another history": (Log(story="other", fork=2).proposal(3, 5), 422),
}


@pytest.fixture(scope="module")
def at_three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A witness that has cosigned LOG's first three leaves, and is asked for nothing that it would cosign."""
    running = start_witness(tmp_path_factory.mktemp("three") / "witness", str(LOG.key))
    try:
        assert propose(running, LOG.proposal(0, 3)).status_code == 200
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(at_three: Running, body: bytes, status: int) -> None:
    answer = propose(at_three, body)
    assert answer.status_code == status, answer.text
    assert "—" not in answer.text
    assert_conflict(propose(at_three, LOG.proposal(2, 5)), 3)  # nothing of it was taken in


def test_the_same_size_with_another_root(at_three: Running) -> None:
    assert_conflict(propose(at_three, Log(story="other", fork=2).proposal(3, 3)), 3)
    assert_conflict(propose(at_three, Log(story="other", fork=2).proposal(0, 3)), 3)


def test_a_proof_before_the_first_checkpoint(witness: Running) -> None:
    assert propose(witness, format_proposal(Proposal(0, (bytes(32),), FIVE))).status_code == 422
    assert propose(witness, LOG.proposal(0, 5)).status_code == 200


def test_other_paths_and_methods(at_three: Running) -> None:
    assert httpx.get(f"{at_three.base_url}/key").text == f"{key_of(at_three)}\n"
    assert httpx.get(f"{at_three.base_url}/").status_code == 404
    answer = httpx.get(f"{at_three.base_url}/add-checkpoint")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_signatures_of_others_do_not_matter(witness: Running) -> None:
    """They are neither verified nor kept."""
    note = LOG.checkpoint(4) + Log("someone.example").checkpoint(4).rpartition(b"\n\n")[2]
    assert_cosigned(witness, propose(witness, format_proposal(Proposal(0, (), note))), note)
    (held,) = (witness.data / "logs").iterdir()
    assert [signature.name for signature in parse_note(held.read_bytes()).signatures] == [
        LOG.origin,
        "witness.example/1",
    ]


def test_of_many_at_once_one_wins(witness: Running) -> None:
    """Each is good by itself: continuations of what is held that exclude each other."""
    assert propose(witness, LOG.proposal(0, 4)).status_code == 200
    rivals = [Log(story=f"story {number}", fork=4).proposal(4, 9) for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda body: propose(witness, body), rivals))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    assert {answer.text for answer in answers if answer.status_code == 409} == {"9\n"}


def script(name: str) -> list[tuple[str, int, str]]:
    """(body, status, what is asserted of the answer) of a public script."""
    file = SCRIPTS / name
    if not file.exists():
        return []
    return [
        (body, int(status), asserted)
        for body, status, asserted in re.findall(
            r"add-checkpoint\n```\n(.*?)```\nHTTP (\d+)\n\[Asserts\]\nbody (.*?)\n", file.read_text(), re.DOTALL
        )
    ]


@pytest.mark.parametrize("name", ["litewitness.txt", "bastion.txt", "sumdb.txt"])
def test_the_public_scripts(tmp_path: Path, name: str) -> None:
    """What is said of a refusal is ours; a log that is not known was 403 when they were written, and is 404."""
    exchanges = script(name)
    if not exchanges:
        pytest.skip("the public vectors are not here")
    running = start_witness(tmp_path / "witness", str(SIGSUM_KEY), SUMDB, name="example.com/witness")
    try:
        for body, status, asserted in exchanges:
            answer = propose(running, body.encode())
            assert answer.status_code == (404 if "unknown log" in asserted else status), answer.text
            if status == 200:
                assert_script_cosigned(running, answer, body)
            elif status == 409:
                assert asserted == f'== "{answer.text.strip()}\\n"'
    finally:
        running.stop()


def assert_script_cosigned(running: Running, answer: httpx.Response, body: str) -> None:
    assert answer.text.startswith("— example.com/witness ")
    text = parse_note(body.partition("\n\n")[2].encode()).text
    assert cosignature_in(answer.content, text, key_of(running)) == answer.text
