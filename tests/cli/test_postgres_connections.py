"""How a server connects: over TLS to nobody but who it means, to the host of several that takes writes, sparingly."""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cli.conftest import post
from tests.cli.program import affidavit
from tests.postgres import Cluster
from tests.postmaster import MISSING, USER, binaries, free_port
from tests.running import start
from tests.vendors import bearer

EVENT = {"agent_id": "agent", "session_id": "session", "action_type": "TOOL_CALL"}
DAY = datetime.timedelta(days=1)


def certificate(directory: Path, name: str) -> Path:
    """One that signs itself, for 127.0.0.1, with its key beside it: `name`.crt, `name`.key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{name}.crt"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.with_suffix(".key").touch(0o600)
    path.with_suffix(".key").write_bytes(key.private_bytes(*form))
    return path


@pytest.fixture(scope="module")
def certificates() -> Iterator[Path]:
    """The server's, and one that it does not have. PostgreSQL may read them."""
    directory = Path(tempfile.mkdtemp(prefix="affidavit-tls-"))
    for name in ("server", "other"):
        certificate(directory, name)
    if os.geteuid() == 0:
        for path in (directory, *directory.iterdir()):
            shutil.chown(path, USER, USER)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def encrypted(certificates: Path) -> Iterator[Cluster]:
    """A cluster with a certificate."""
    if binaries() is None:
        pytest.skip(MISSING)
    server = str(certificates / "server.crt")
    with Cluster(ssl="on", ssl_cert_file=server, ssl_key_file=server.replace(".crt", ".key")) as running:
        yield running


def test_nobody_but_who_has_the_certificate_is_spoken_to(encrypted: Cluster, certificates: Path, data: Path) -> None:
    url = encrypted.create_database("tls")
    ours = f"{url}?sslmode=verify-full&sslrootcert={certificates}"
    refused = affidavit("store", "init", "--data", data, "--store", f"{ours}/other.crt", code=2).stderr
    assert "certificate verify failed" in refused
    elsewhere = f"{ours}/server.crt".replace("127.0.0.1", "localhost")
    refused = affidavit("store", "init", "--data", data, "--store", elsewhere, code=2).stderr
    assert 'does not match host name "localhost"' in refused
    server = start(data, "--store", f"{ours}/server.crt")
    try:
        post(server, "provenlog", "/v1/events", EVENT)
        sessions = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = 'tls'"
        assert encrypted.ask(sessions) == [(True,)]
    finally:
        server.kill()
    assert "sslmode=verify-full" in (data / "store").read_text(), "commands speak to nobody else either"
    assert affidavit("verify", "--data", data).stdout.startswith("Proven: ")


def test_the_host_that_takes_writes_is_found_among_several(cluster: Cluster, database: str, data: Path) -> None:
    """One that nobody listens on, and the one that does; as commands find it from what the directory notes."""
    port = free_port()
    url = database.replace(f"127.0.0.1:{cluster.port}", f"127.0.0.1:{port},127.0.0.1:{cluster.port}")
    affidavit("store", "init", "--data", data, "--store", f"{url}?target_session_attrs=read-write")
    assert f"127.0.0.1:{port},127.0.0.1:{cluster.port}" in (data / "store").read_text()
    assert affidavit("verify", "--data", data).stdout.startswith("Proven: ")


def test_a_server_has_no_more_connections_than_it_may(cluster: Cluster, database: str, data: Path) -> None:
    """However many ask at once."""
    server = start(data, "--store", database, environment={"AFFIDAVIT_STORE_CONNECTIONS": "2"})
    try:
        token = bearer(server.key("provenlog"))

        def ask(_: int) -> int:
            posted = httpx.post(f"{server.base_url}/v1/events", json=EVENT, headers=token, timeout=30).status_code
            read = httpx.get(f"{server.base_url}/v1/events", headers=token, timeout=30).status_code
            return posted + read

        with ThreadPoolExecutor(16) as threads:
            assert set(threads.map(ask, range(48))) == {201 + 200}
        name = database.rpartition("/")[2]
        assert cluster.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", name)[0][0] <= 3
    finally:
        server.kill()
