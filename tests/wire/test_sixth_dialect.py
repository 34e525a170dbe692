"""The worked example of a dialect in CONTRIBUTING.md, put into a folder of its own: it works without another edit."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from tests import architecture
from tests.running import Running, run, start

REPOSITORY = Path(__file__).parents[2]
SHOWN_FILE = re.compile(r"^`((?:src|tests)/\S+/memo/\S+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNNER = """\
import sys
from affidavit import cli, dialects
dialects.__path__.append(sys.argv.pop(1))
cli.main()
"""
"""Another place where dialects lie: nothing else is told of it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of the worked example are."""
    root = tmp_path_factory.mktemp("sixth")
    files = dict(SHOWN_FILE.findall((REPOSITORY / "CONTRIBUTING.md").read_text()))
    assert len(files) == 6, list(files)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def page(folder: Path) -> ModuleType:
    """Its vectors."""
    spec = importlib.util.spec_from_file_location("memo_page", folder / "tests/dialects/memo/page.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    """A server that has it."""
    runner = folder / "runner.py"
    runner.write_text(RUNNER)
    running = start(folder / "data", program=(sys.executable, runner, folder / "src/affidavit/dialects"))
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[httpx.Client]:
    """A client with a key of the new dialect."""
    made = server.new_key("memo")
    assert (made["key"][:5], len(made["key"]), made["scopes"]) == ("memo_", 5 + 32, ["write", "read"])
    with httpx.Client(base_url=server.base_url, headers={"Authorization": f"Bearer {made['key']}"}) as client:
        yield client


def test_it_keeps_the_rules(folder: Path) -> None:
    """Pure by the import table, and clean by ruff."""
    assert architecture.breaches(folder / "src/affidavit") == []
    ruff = Path(sys.executable).parent / "ruff"
    ours = 'lint.isort.known-first-party = ["affidavit"]'
    config = ("--no-cache", "--config", REPOSITORY / "pyproject.toml", "--config", ours)
    for command in (("check", *config), ("format", "--check", *config)):
        done = subprocess.run([ruff, *command, folder / "src", folder / "tests"], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_the_first_start_hands_out_its_key_and_example(server: Running) -> None:
    assert re.search(r"^  memo +memo_[0-9a-f]{32}$", server.printed, re.MULTILINE)
    (example,) = re.findall(r"^# memo\n(curl .*)$", server.printed, re.MULTILINE)
    done = subprocess.run(["bash", "-c", f"{example} --silent --fail"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["note"] == {"author": "me", "text": "hello"}


@pytest.mark.parametrize("mount", ["", "/memo"])
def test_what_is_reported_is_read_back(client: httpx.Client, page: ModuleType, mount: str) -> None:
    reported = client.post(f"{mount}/notes", content=page.NOTE)
    assert (reported.status_code, reported.json()["note"]) == (201, page.SHOWN)
    assert reported.headers["affidavit-entries"].startswith(reported.json()["id"])
    assert client.get(f"{mount}/notes/{reported.json()['id']}").json() == reported.json()
    for query in ({"author": "ada"}, {"q": "engine"}):
        assert client.get(f"{mount}/notes", params=query).json()["notes"][0] == reported.json()
    assert client.get(f"{mount}/notes", params={"q": "engine", "author": "bob"}).json() == {"notes": [], "total": 0}


def test_refusals_have_its_shape(server: Running, client: httpx.Client, page: ModuleType) -> None:
    for body, words in page.REFUSED.items():
        refused = client.post("/notes", content=body)
        assert (refused.status_code, refused.json().keys()) == (400, {"wrong"})
        assert words in refused.json()["wrong"]
    reader = {"Authorization": f"Bearer {server.new_key('memo', ['read'])['key']}"}
    foreign = {"Authorization": f"Bearer {server.new_key('provenlog')['key']}"}
    big = b'{"author":"a","text":"%b"}' % (b"x" * (1 << 20))
    for status, refused in (
        (401, httpx.get(f"{server.base_url}/notes")),
        (401, client.get("/notes", headers=foreign)),
        (403, client.post("/notes", content=page.NOTE, headers=reader)),
        (404, client.get("/notes/nothing")),
        (404, client.get("/notes/a/b")),
        (404, client.get("/memo")),
        (404, client.get("/memo/openapi.json")),
        (405, client.delete("/notes")),
        (413, client.post("/notes", content=big)),
    ):
        assert (refused.status_code, refused.json().keys()) == (status, {"wrong"})


def test_a_dialect_without_a_document_leaves_the_others_theirs(client: httpx.Client) -> None:
    assert client.get("/docs").status_code == client.get("/pecta/openapi.json").status_code == 200


def test_a_repeated_request_is_recorded_once(client: httpx.Client, page: ModuleType) -> None:
    headers, note = {"Idempotency-Key": "memo"}, b'{"author": "once", "text": "x"}'
    first, again = (client.post("/notes", content=note, headers=headers) for _ in range(2))
    assert (first.content, again.headers["idempotency-replayed"]) == (again.content, "true")
    assert client.get("/notes", params={"author": "once"}).json()["total"] == 1
    other = client.post("/notes", content=page.NOTE, headers=headers)
    assert (other.status_code, other.json().keys()) == (422, {"wrong"})


def test_what_is_ours_knows_it(server: Running, client: httpx.Client) -> None:
    """The reads over all dialects, scores, the command line, verification."""
    for mood in ("good", "good", "bad"):
        client.post("/notes", json={"author": "scored", "text": "x", "mood": mood}).raise_for_status()
    own = {"Authorization": f"Bearer {server.new_key('affidavit')['key']}"}
    query = {"dialect": "memo", "agent": "scored"}
    entries = client.get("/v1/affidavit/entries", params=query, headers=own).json()["entries"]
    assert [(entry["dialect"], entry["seq"]) for entry in entries] == [("memo", 3), ("memo", 2), ("memo", 1)]
    (score,) = client.get("/v1/affidavit/scores", params=query, headers=own).json()["scores"]
    assert score["dialect"] == "memo"
    shown = run("show", entries[0]["id"], "--data", server.data, "--json", program=server.program)
    assert json.loads(shown.stdout)["payload"]["author"] == "scored"
    verified = run("verify", "--data", server.data, "--json", program=server.program)
    assert (verified.returncode, json.loads(verified.stdout)["status"]) == (0, "proven")
    scored = run("score", "scored", "--recompute", "--data", server.data, program=server.program)
    assert scored.returncode == 0, scored.stderr
    without = run("verify", "--data", server.data)
    assert "there is no dialect 'memo'" in without.stdout + without.stderr
