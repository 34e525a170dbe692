"""Commands on a ledger in PostgreSQL, beside its servers; and a password that none of them shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from affidavit.wiring import ledger as wiring_ledger
from affidavit.wiring.database import KEY_FILES
from affidavit.wiring.place import STORE_FILE
from tests.cli.conftest import post
from tests.cli.program import affidavit
from tests.invoking import invoke
from tests.postgres import Cluster
from tests.running import PROGRAM, Running, run, start
from tests.vendors import bearer

PASSWORD = "hunter2"
EVENT = {"agent_id": "agent", "session_id": "session", "action_type": "TOOL_CALL"}
GROUNDS = ("--reason", "test", "--authority", "us")


def with_password(url: str) -> str:
    """The same place, for somebody whom the cluster trusts whatever the password is."""
    return url.replace("@", f":{PASSWORD}@")


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> Iterator[str]:
    """A database for all tests of this file."""
    yield cluster.create_database("commands")
    cluster.drop_database("commands")


@pytest.fixture(scope="module")
def first(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The server that made the ledger. It has one event."""
    data = tmp_path_factory.mktemp("first") / "data"
    running = start(data, environment={"AFFIDAVIT_STORE": with_password(url), "AFFIDAVIT_HEADS_SECONDS": "86400"})
    try:
        post(running, "provenlog", "/v1/events", EVENT)
        yield running
    finally:
        running.kill()


@pytest.fixture(scope="module")
def second(first: Running, url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Another server of the same ledger, with copies of the keys."""
    data = tmp_path_factory.mktemp("second") / "data"
    data.mkdir(mode=0o700)
    for name in KEY_FILES:
        shutil.copy(first.data / name, data)
    running = start(data, "--store", url, environment={"AFFIDAVIT_HEADS_SECONDS": "86400"})
    yield running
    running.kill()


def test_a_password_is_in_no_file_and_in_nothing_that_is_printed(first: Running, url: str) -> None:
    assert f"ledger in {url}." in first.printed
    assert (first.data / STORE_FILE).read_text() == f"{url}\n"
    texts = [path.read_bytes() for path in first.data.iterdir()]
    assert PASSWORD.encode() not in b"".join(texts) + first.printed.encode() + first.log.read_bytes()


UNREACHABLE = "postgresql://me:hunter2@127.0.0.1:1/nowhere"


@pytest.mark.parametrize(
    ("command", "url"),
    [
        (("serve", "--port", "0"), UNREACHABLE),
        (("init",), UNREACHABLE),
        (("store", "init"), UNREACHABLE),
        (("verify",), UNREACHABLE),
        (("verify",), f"{UNREACHABLE}?passwrod=hunter2"),
        (("verify",), UNREACHABLE.replace(":hun", ":x/hun")),
    ],
)
def test_nor_in_what_is_said_of_a_database_that_cannot_be_reached(
    data: Path, command: tuple[str, ...], url: str
) -> None:
    ended = affidavit(*command, "--data", data, "--store", url, code=2)
    assert PASSWORD not in ended.stdout + ended.stderr
    assert ended.stderr.count("\n") == 1


def test_reading_beside_a_server(first: Running, tmp_path: Path) -> None:
    """Whoever is given the directory finds the database."""
    assert affidavit("verify", "--data", first.data).stdout.startswith("Proven: ")
    assert json.loads(affidavit("show", "0", "--data", first.data, "--json").stdout)["agent"] == "agent"
    assert "TOOL_CALL" in affidavit("tail", "--no-follow", "--data", first.data).stdout
    assert "score" in affidavit("score", "agent", "--data", first.data).stdout
    assert "default" in affidavit("workspace", "list", "--data", first.data).stdout
    assert httpx.post(f"{first.base_url}/v1/affidavit/seal", headers=sealing(first)).status_code == 200
    bundle = tmp_path / "bundle.zip"
    affidavit("export", "--all", "-o", bundle, "--data", first.data)
    key = json.loads(affidavit("signer", "--data", first.data, "--json").stdout)["signer"]
    affidavit("verify", bundle, "--key", key)


def sealing(server: Running) -> dict[str, str]:
    """Who may have the ledger sealed."""
    return bearer(server.key("affidavit", ["seal"]))


def test_keys_and_tenants_beside_a_server(first: Running) -> None:
    affidavit("workspace", "create", "tenant", "--data", first.data)
    made = first.new_key("provenlog", None, "--workspace", "tenant")
    path = f"{first.base_url}/v1/events"
    assert httpx.get(path, headers=bearer(made["key"])).status_code == 200
    affidavit("key", "revoke", made["id"], "--data", first.data)
    listed = json.loads(affidavit("key", "list", "--data", first.data, "--json").stdout)
    assert [key["revoked_at"] is None for key in listed if key["id"] == made["id"]] == [False]


def test_orders_beside_a_server_have_their_positions(first: Running) -> None:
    post(first, "provenlog", "/v1/events", EVENT | {"agent_id": "held"})
    held = affidavit("hold", "--agent", "held", *GROUNDS, "--data", first.data, "--json").stdout
    assert json.loads(held)["orders"][0]["position"] > 0
    erased = httpx.get(f"{first.base_url}/v1/events?agent_id=held", headers=bearer(first.key("provenlog"))).json()
    (identity,) = re.findall(r'"id":\s*"([0-9a-f-]{36})"', json.dumps(erased))
    assert "under legal hold" in affidavit("erase", identity, *GROUNDS, "--data", first.data, code=1).stderr
    affidavit("release", "--agent", "held", *GROUNDS, "--data", first.data)
    done = json.loads(affidavit("erase", identity, *GROUNDS, "--data", first.data, "--json").stdout)
    assert done["erased"] == [identity]
    assert json.loads(affidavit("show", identity, "--data", first.data, "--json").stdout)["erased"] is True
    assert "Erased 0 entries" in affidavit("retain", "--older-than", "9d", *GROUNDS, "--data", first.data).stdout


def test_two_servers_have_one_ledger(first: Running, second: Running) -> None:
    """What one has answered the other shows, whoever made the key."""
    made = post(first, "provenlog", "/v1/events", EVENT | {"agent_id": "shared"})
    token = bearer(first.key("provenlog"))
    shown = httpx.get(f"{second.base_url}/v1/events?agent_id=shared", headers=token)
    assert made["id"] in shown.text
    again = post(second, "provenlog", "/v1/events", EVENT | {"agent_id": "shared"})
    assert again["prev_hash"] == made["hash"]


def test_signing_secrets_are_the_same_on_both(first: Running, second: Running) -> None:
    made = [server.new_key("pecta") for server in (first, second)]
    rotated = affidavit("key", "rotate-secret", made[0]["id"], "--data", second.data, "--json").stdout
    assert json.loads(rotated)["secret"] != made[0]["secret"]
    (second.data / "secrets.key").rename(second.data / "away")
    try:
        refused = affidavit("key", "create", "--dialect", "pecta", "--data", second.data, code=2).stderr
        assert "has no secrets.key: copy receipts.key, secrets.key and signer.key" in refused
    finally:
        (second.data / "away").rename(second.data / "secrets.key")


def test_a_directory_has_one_server_and_its_keys_are_nobody_elses(second: Running) -> None:
    """Nor are they for `seal` and `signer rotate` meanwhile."""
    for command in (("serve", "--port", "0"), ("signer", "rotate")):
        assert "in use by process" in affidavit(*command, "--data", second.data, code=2).stderr
    assert "a server runs on" in affidavit("seal", "--data", second.data, code=2).stderr


def test_no_other_signs_while_a_server_of_the_ledger_seals(
    first: Running, url: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From whatever directory: the signer stays what it is, and no second checkpoint is made."""
    data.mkdir(mode=0o700)
    for name in KEY_FILES:
        shutil.copy(first.data / name, data)
    monkeypatch.setattr(wiring_ledger, "LEAD_SECONDS", 0)
    for command, instead in ((("signer", "rotate"), "stop all of them"), (("seal",), "POST /v1/affidavit/seal")):
        refused = invoke(*command, "--data", data, "--store", url)
        assert refused.code == 2
        assert f"a server of the ledger in {url} runs, and seals it: {instead}" in refused.stderr
    assert not (data / "checkpoint").exists()
    assert not (data / "signer.key.next").exists()


def test_a_server_without_the_ledgers_keys_does_not_start(first: Running, url: str, data: Path) -> None:
    for _ in range(2):
        refused = affidavit("serve", "--data", data, "--store", url, "--port", "0", code=2).stderr
        assert "none of its keys: copy receipts.key, secrets.key and signer.key" in refused
    shutil.copy(first.data / "signer.key", data)
    assert "has no receipts.key and secrets.key" in affidavit(
        "serve", "--data", data, "--store", url, "--port", "0", code=2
    ).stderr  # fmt: skip


def test_store_init(database: str, data: Path) -> None:
    """Then `serve` needs the directory alone; without a URL it says what it needs."""
    assert "say where: --store" in affidavit("store", "init", "--data", data, code=2).stderr
    made = affidavit("store", "init", "--data", data, "--store", with_password(database), "--origin", "a.example/b")
    assert made.stdout == (
        f"Made the ledger a.example/b in {database}, its keys in {data}. Next: affidavit serve --data {data}\n"
    )
    assert "holds a ledger already" in affidavit("init", "--data", data, code=2).stderr
    running = start(data)
    try:
        assert f"ledger in {database}." in running.printed
    finally:
        assert running.stop() == 0
    signers = [affidavit("signer", "rotate", "--data", data).stdout, affidavit("signer", "--data", data).stdout]
    assert "a.example/b+" in signers[0]
    assert "Every other server gets it" in signers[0]
    assert "earlier" in signers[1]
    post_and_seal(data)


def test_of_two_that_make_it_at_once_one_does(database: str, tmp_path: Path) -> None:
    """Whichever it is, the other says what to copy, and then has the same ledger."""
    directories = [tmp_path / "one", tmp_path / "two"]
    making = [
        subprocess.Popen([PROGRAM, "init", "--data", directory, "--store", database], stderr=subprocess.PIPE, text=True)
        for directory in directories
    ]
    told = [process.communicate(timeout=60)[1] for process in making]
    assert sorted(process.returncode for process in making) == [0, 2], told
    winner = next(number for number, process in enumerate(making) if process.returncode == 0)
    loser = directories[1 - winner]
    assert f"{loser} none of its keys: copy" in told[1 - winner]
    for name in KEY_FILES:
        shutil.copy(directories[winner] / name, loser)
    running = start(loser, "--store", database)
    assert running.stop() == 0


def post_and_seal(data: Path) -> None:
    """With the new signer."""
    running = start(data)
    post(running, "provenlog", "/v1/events", EVENT)
    running.kill()
    sealed = json.loads(affidavit("seal", "--data", data, "--json").stdout)
    assert (data / "checkpoint").read_text() == sealed["checkpoint"]
    assert run("verify", "--data", data).returncode == 0
