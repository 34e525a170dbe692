"""Asking others over HTTP: what they answer, whatever they do."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from affidavit.errors import NotAnswered, SettingError
from affidavit.server.remote import MAX_ANSWER_BYTES, Remote, Reply
from tests.server.peers import answering, misbehaving

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"


def test_an_answer() -> None:
    with (
        answering(lambda body: (409, "text/x.tlog.size; charset=utf-8", body[::-1])) as url,
        closing(Remote(f"{url}/path?query", 5)) as remote,
    ):
        assert remote.post(b"abc", "text/plain") == Reply(409, "text/x.tlog.size", b"cba")


def test_a_connection_is_kept() -> None:
    """And where the other side ended it meanwhile, there is another one."""
    connections = []

    def once(connection: socket.socket) -> None:
        connections.append(connection)
        connection.sendall(HEAD + b"content-length: 2\r\n\r\nok")
        if len(connections) > 1:
            connection.recv(1 << 16)
            connection.sendall(HEAD + b"content-length: 5\r\n\r\nagain")

    with misbehaving(once) as url, closing(Remote(url, 5)) as remote:
        assert [remote.post(b"", "text/plain").body for _ in range(3)] == [b"ok", b"ok", b"again"]
    assert len(connections) == 2


MISBEHAVIOUR = {
    "silence": b"",
    "garbage": b"\x00\xff garbage\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a status without a number": b"HTTP/1.1 abc OK\r\n\r\n",
    "an endless head": HEAD + b"x: y\r\n" * 200 + b"\r\n",
    "an endless line": HEAD + b"x" * 100_000,
    "half an answer": HEAD + b"content-length: 100\r\n\r\nhalf",
    "chunks that are none": HEAD + b"transfer-encoding: chunked\r\n\r\nnothing\r\n",
    "too much": HEAD + b"content-length: %d\r\n\r\n" % (MAX_ANSWER_BYTES + 1) + b"x" * (MAX_ANSWER_BYTES + 1),
    "too much without a length": HEAD + b"\r\n" + b"x" * (MAX_ANSWER_BYTES + 1),
}


@pytest.mark.parametrize("answer", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_what_is_no_answer(answer: bytes) -> None:
    with misbehaving(lambda connection: connection.sendall(answer)) as url:
        remote = Remote(url, 5)
        for _ in range(2):
            with pytest.raises(NotAnswered):
                remote.post(b"", "text/plain")


def test_who_does_not_speak_in_time() -> None:
    with (
        misbehaving(lambda connection: [connection.recv(1) for _ in range(2)]) as url,
        pytest.raises(NotAnswered, match="timed out"),
    ):
        Remote(url, 0.05).post(b"", "text/plain")


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotAnswered, match="refused"):
        Remote(f"http://127.0.0.1:{port}", 5).post(b"", "text/plain")
    with pytest.raises(NotAnswered):
        Remote(f"http://{'x' * 70}.invalid", 5).post(b"", "text/plain")


def test_no_redirect_is_followed() -> None:
    asked = []

    def redirect(connection: socket.socket) -> None:
        asked.append(connection)
        connection.sendall(b"HTTP/1.1 307 Elsewhere\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")

    with misbehaving(redirect) as url, closing(Remote(url, 5)) as remote:
        assert remote.post(b"", "text/plain").status == 307
    assert len(asked) == 1


def test_no_proxy_is_asked() -> None:
    """Whatever the environment says: it is read once, at a program's start, so another program asks."""
    with answering(lambda _: (200, "text/plain", b"itself")) as url, answering(lambda _: (200, "", b"proxy")) as proxy:
        program = f"from affidavit.server.remote import Remote; print(Remote({url!r}, 5).post(b'', 'text/plain').body)"
        ended = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "http_proxy": proxy, "HTTP_PROXY": proxy, "ALL_PROXY": proxy},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert ended.stdout == "b'itself'\n"


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with misbehaving(lambda _: None, context) as url, pytest.raises(NotAnswered, match="CERTIFICATE_VERIFY_FAILED"):
        Remote(url, 5).post(b"", "text/plain")


@pytest.mark.parametrize(
    "url",
    ["", "witness.example", "ftp://witness.example", "http://", "https://user:secret@witness.example", "http://a#b",
     "http://[::1", "http://a:port"],
)  # fmt: skip
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(SettingError, match="is no URL to post to"):
        Remote(url, 5)
