"""Time stamps of checkpoints by a real authority, and what is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256

import pytest
from cryptography.x509 import load_pem_x509_certificate
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

from affidavit.core.note import parse_note
from affidavit.errors import NotAnswered
from affidavit.ledger.store import Checkpoint
from affidavit.server.remote import Remote
from affidavit.server.timestamping import RemoteAuthority
from affidavit.storage.memory import MemoryStore
from tests.server.authority import Authority
from tests.server.peers import Answering, answering
from tests.witness.logs import Log

NOTE = Log().checkpoint(5)
TEXT = parse_note(NOTE).text
NAME_OF_SHA256, NAME_OF_SHA3 = bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040208")
"""Object identifiers, DER."""
CHECKPOINT = Checkpoint(5, bytes(32), NOTE, 0)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "authority")


@contextmanager
def asked(answer: Answering, store: MemoryStore | None = None) -> Iterator[RemoteAuthority]:
    with answering(answer) as url, closing(Remote(url, 5)) as remote:
        yield RemoteAuthority(url, remote, 3600.0, (store or MemoryStore()).add_timestamp)


def test_a_stamp(authority: Authority) -> None:
    """Openssl, and the library that verifiers use, take it for one; over this text, with its final line feed."""
    store = MemoryStore()
    with asked(authority.answer, store) as source:
        source.keep(CHECKPOINT, source.ask(CHECKPOINT))
    token = store.timestamp(5)
    assert token is not None
    assert authority.is_stamp_of(token, TEXT)
    assert not authority.is_stamp_of(token, TEXT[:-1])
    roots = [load_pem_x509_certificate(authority.root.read_bytes())]
    assert VerifierBuilder(roots=roots).build().verify_message(decode_timestamp_response(token), TEXT)


def query(data: bytes, algorithm: HashAlgorithm = HashAlgorithm.SHA256, *, nonce: bool = True) -> bytes:
    request = TimestampRequestBuilder(nonce=nonce).data(data).hash_algorithm(algorithm).build()
    return request.as_bytes()


def test_what_is_no_stamp_of_the_checkpoint(authority: Authority) -> None:
    lies: dict[str, tuple[Answering, str]] = {
        "nothing": (lambda _: (200, "", b""), "no time stamp"),
        "words": (lambda _: (200, "", b"stamped"), "no time stamp"),
        "a stamp and more": (lambda body: (200, "", authority.stamp(body) + b"x"), "no time stamp"),
        "of another text": (lambda _: (200, "", authority.stamp(query(b"other"))), "not of the checkpoint"),
        "by another hash": (
            lambda _: (200, "", authority.stamp(query(TEXT, HashAlgorithm.SHA512))), "not of the checkpoint"
        ),
        "of another text, asked alike": (
            lambda body: (200, "", authority.stamp(body.replace(sha256(TEXT).digest(), sha256(b"other").digest()))),
            "not of the checkpoint",
        ),
        "by another hash, asked alike": (
            lambda body: (200, "", authority.stamp(body.replace(NAME_OF_SHA256, NAME_OF_SHA3))), "not of the checkpoint"
        ),
        "of another request": (lambda _: (200, "", authority.stamp(query(TEXT))), "not of the checkpoint"),
        "without a nonce": (lambda _: (200, "", authority.stamp(query(TEXT, nonce=False))), "not of the checkpoint"),
        "a refusal": (lambda _: (200, "", bytes.fromhex("30053003020102")), "it grants no stamp: status 2"),
        "an error": (lambda _: (403, "text/plain", b"who are you"), "it answered 403: who are you"),
    }  # fmt: skip
    for answer, words in lies.values():
        with asked(answer) as source, pytest.raises(NotAnswered, match=words):
            source.ask(CHECKPOINT)
