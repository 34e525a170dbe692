"""A server and its witnesses, real ones: its checkpoints get their lines, and a second history of it gets none."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from affidavit.core.checkpoint import open_checkpoint
from affidavit.core.note import parse_note, parse_signature
from affidavit.core.notekey import COSIGNATURE
from affidavit.core.policy import Policy, parse_policy
from affidavit.core.signing import verifier_key
from affidavit.ledger.signer import load_signer
from affidavit.ledger.store import Checkpoint
from affidavit.ledger.witnessed import newest_witnessed, witnessed
from affidavit.storage.sqlite import SqliteStore
from tests.cli.program import affidavit
from tests.invoking import invoke
from tests.running import Running, run, start
from tests.server.authority import Authority
from tests.server.peers import answering, misbehaving
from tests.vendors import bearer
from tests.witness.serving import key_of, start_witness

SECONDS = 30
"""Longer than anything here takes."""
Found = TypeVar("Found")


def until(found: Callable[[], Found | None]) -> Found:
    """Wait for what comes by itself."""
    deadline = time.monotonic() + SECONDS
    while not (there := found()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
    return there


class Cast:
    """A ledger, two witnesses of it, and the policy that demands both of them."""

    def __init__(self, directory: Path, opened: ExitStack) -> None:
        self.directory = directory
        self.data = directory / "ledger"
        assert run("init", "--data", self.data, "--origin", "ledger.example/1").returncode == 0
        self.key = load_signer(self.data / "signer.key", None).verifier_key
        self.witnesses = [self._witness(number, opened) for number in (1, 2)]
        self.file = directory / "policy.txt"
        self.write_policy(self.witnesses, "group both all w1 w2", "quorum both")

    def _witness(self, number: int, opened: ExitStack) -> Running:
        name = f"witness.example/{number}"
        witness = start_witness(self.directory / f"witness{number}", str(self.key), name=name)
        opened.callback(witness.stop)
        return witness

    def write_policy(self, witnesses: Sequence[Running], *more: str) -> None:
        named = [f"witness w{n} {key_of(witness)} {witness.base_url}" for n, witness in enumerate(witnesses, 1)]
        self.file.write_text("\n".join([f"log {self.key}", *named, *more, ""]))

    @property
    def policy(self) -> Policy:
        return parse_policy(self.file.read_bytes())

    def serve(self, data: Path | None = None, **settings: str) -> Running:
        environment = {"AFFIDAVIT_WITNESSES": str(self.file), **settings}
        return start(data or self.data, environment=environment)

    def store(self) -> SqliteStore:
        return SqliteStore.open(self.data, searchable={}, exclusive=False)


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    with ExitStack() as opened:
        yield Cast(tmp_path, opened)


def report(server: Running, text: str = "TOOL_CALL") -> None:
    body = {"agent_id": "agent", "session_id": "session", "action_type": text}
    answer = httpx.post(f"{server.base_url}/v1/events", json=body, headers=bearer(server.key("provenlog")))
    assert answer.status_code == 201, answer.text


def until_witnessed(cast: Cast) -> Checkpoint:
    """Wait for a quorum over everything that the ledger has now."""
    with closing(cast.store()) as store:
        size = store.size()

        def found() -> Checkpoint | None:
            newest = newest_witnessed(store, cast.policy)
            return newest if newest and newest.size >= size else None

        return until(found)


def test_checkpoints_get_the_lines_of_a_quorum(cast: Cast) -> None:
    server = cast.serve()
    try:
        for _ in range(3):
            report(server)
            newest = until_witnessed(cast)
        with closing(cast.store()) as store:
            opened = open_checkpoint(witnessed(store, newest), cast.policy.keys)
    finally:
        server.stop()
    names = ["ledger.example/1", "witness.example/1", "witness.example/2"]
    assert [signer.key.name for signer in opened.verified] == names


def test_they_are_served(cast: Cast) -> None:
    server = cast.serve()
    try:
        report(server)
        headers = bearer(server.key("affidavit", ["evidence"]))

        def served() -> bool:
            answer = httpx.get(f"{server.base_url}/ledger/checkpoint", headers=headers)
            return answer.status_code == 200 and cast.policy.is_met_by(
                open_checkpoint(answer.content, cast.policy.keys).verified
            )

        until(served)
    finally:
        server.stop()


def test_a_bundle_carries_them(cast: Cast) -> None:
    bundle = cast.directory / "case.affidavit"
    server = cast.serve()
    try:
        report(server)
        until_witnessed(cast)
        made = run("export", "--all", "--witnessed", "--data", cast.data, "-o", bundle)
        assert made.returncode == 0, made.stderr
    finally:
        server.stop()
    assert invoke("verify", bundle, "--policy", cast.file).code == 0
    stranger = str(verifier_key("stranger.example", bytes(32), COSIGNATURE))
    cast.file.write_text(cast.file.read_text().replace(str(key_of(cast.witnesses[1])), stranger))
    assert invoke("verify", bundle, "--policy", cast.file).code == 3


def evidence(witness: Running) -> list[dict[str, str]]:
    shown = invoke("witness", "--data", witness.data, "--evidence", "--json")
    return [json.loads(line) for line in shown.stdout.splitlines()]


def test_two_histories_under_one_key(cast: Cast) -> None:
    """A copy of the ledger goes its own way: the witnesses stay with the one, and keep what accuses the other."""
    first = cast.serve()
    report(first, "BEFORE")
    first.stop()
    copy = cast.directory / "copy"
    shutil.copytree(cast.data, copy)
    first = cast.serve()
    report(first, "ONE")
    until_witnessed(cast)
    first.stop()
    with closing(cast.store()) as store:
        theirs = set(store.cosigned(100))
    second = cast.serve(copy)
    try:
        for _ in range(4):  # until it has outgrown the first
            report(second, "ANOTHER")
        (kept, *_) = until(lambda: evidence(cast.witnesses[0]))
    finally:
        second.stop()
    held, refused = (open_checkpoint(kept[note].encode(), [cast.key]).head for note in ("held", "refused"))
    assert held.origin == refused.origin == "ledger.example/1"
    assert held.root != refused.root
    with closing(SqliteStore.open(copy, searchable={}, exclusive=False)) as store:
        assert set(store.cosigned(100)) <= theirs
    assert '"event":"no answer"' in second.log.read_text()


def answer_with(data: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(data)


def test_witnesses_that_are_none(cast: Cast) -> None:
    """Silence, garbage, floods and redirects: the ledger is sealed all the same, and the good witness is heard."""
    (good, _) = cast.witnesses
    head = b"HTTP/1.1 200 OK\r\n"
    behaviours: list[Callable[[socket.socket], None]] = [
        lambda connection: connection.settimeout(None) or connection.recv(1),
        answer_with(b"\0" * 1000),
        answer_with(head + b"\r\n" + b"x" * (1 << 20)),
        answer_with(head + b"content-length: 9000000000\r\n\r\n"),
        answer_with(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"),
    ]
    with ExitStack() as opened:
        urls = [opened.enter_context(misbehaving(behave)) for behave in behaviours]
        keys = [verifier_key(f"bad.example/{number}", bytes([number]) * 32, COSIGNATURE) for number in range(len(urls))]
        bad = [f"witness bad{n} {key} {url}" for n, (key, url) in enumerate(zip(keys, urls, strict=True))]
        cast.write_policy([good], *bad, "quorum w1")
        server = cast.serve(AFFIDAVIT_ANSWER_SECONDS="1")
        try:
            for _ in range(3):
                report(server)
                newest = until_witnessed(cast)
        finally:
            server.stop()
    with closing(cast.store()) as store:
        assert [parse_signature(line.rstrip()).name for line in store.cosignatures(newest.size)] == [
            "witness.example/1"
        ]
    complaints = [line for line in server.log.read_text().splitlines() if '"event":"no answer"' in line]
    assert sorted(json.loads(line)["source"] for line in complaints) == [f"witness {key.name}" for key in keys]


def test_a_time_stamp(cast: Cast) -> None:
    authority = Authority(cast.directory / "authority")
    with answering(authority.answer) as url, closing(cast.store()) as store:
        server = cast.serve(AFFIDAVIT_TIMESTAMP_URL=url)
        try:
            report(server)
            stamped = until(
                lambda: next(filter(lambda each: store.timestamp(each.size), store.checkpoints(0, 9)), None)
            )
        finally:
            server.stop()
        token = store.timestamp(stamped.size)
    assert token is not None
    assert authority.is_stamp_of(token, parse_note(stamped.note).text)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (None, "cannot be read: No such file or directory"),
        ("quorum some\n", "line 1 of the policy: no witness or group above is named 'some'"),
        ("quorum none\n", "names no witness with a URL"),
        (f"witness w {verifier_key('w', bytes(32), COSIGNATURE)} witness.example\nquorum w\n", "is no URL to post to"),
    ],
)
def test_a_policy_that_cannot_be_used(tmp_path: Path, policy: str | None, words: str) -> None:
    if policy is not None:
        (tmp_path / "policy.txt").write_text(policy)
    environment = {"AFFIDAVIT_WITNESSES": str(tmp_path / "policy.txt")}
    refused = affidavit("serve", "--data", tmp_path / "data", "--port", "0", environment=environment, code=2)
    assert words in refused.stderr
