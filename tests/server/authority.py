"""A time-stamping authority (RFC 3161) made of `openssl ts`, behind HTTP."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.server.peers import Answering

_CONFIGURATION = """
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[stamping]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512, sha3-256
"""


class Authority:
    """Its files are in a directory of the test; `root` is the certificate to trust it by."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._directory = directory
        self.root = directory / "root.pem"
        (directory / "ts.cnf").write_text(_CONFIGURATION)
        (directory / "serial").write_text("01\n")
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "ts.cnf"]
        self._openssl("req", "-x509", *new, "-extensions", "authority", "-subj", "/CN=Root", "-days", "2",
                      "-keyout", "root.key", "-out", "root.pem")  # fmt: skip
        self._openssl("req", *new, "-subj", "/CN=Stamps", "-keyout", "tsa.key", "-out", "tsa.csr")
        self._openssl("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
                      "-days", "2", "-extfile", "ts.cnf", "-extensions", "stamping", "-out", "tsa.pem")  # fmt: skip

    def stamp(self, query: bytes) -> bytes:
        """A TimeStampReq's TimeStampResp."""
        (self._directory / "query.tsq").write_bytes(query)
        self._openssl("ts", "-reply", "-config", "ts.cnf", "-section", "tsa", "-queryfile", "query.tsq",
                      "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "reply.tsr")  # fmt: skip
        return (self._directory / "reply.tsr").read_bytes()

    @property
    def answer(self) -> Answering:
        """For `peers.answering`."""
        return lambda body: (200, "application/timestamp-reply", self.stamp(body))

    def is_stamp_of(self, token: bytes, data: bytes) -> bool:
        """What openssl says of a stamp, whatever we think of it."""
        (self._directory / "data").write_bytes(data)
        (self._directory / "token.tsr").write_bytes(token)
        verified = subprocess.run(
            ["openssl", "ts", "-verify", "-data", "data", "-in", "token.tsr", "-CAfile", "root.pem"],
            cwd=self._directory, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        return verified.returncode == 0

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self._directory, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
