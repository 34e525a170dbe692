"""`node affidavit_verify.mjs` as somebody runs it: options, exit codes, words; and files that are made to hurt."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from affidavit.verifier import affidavit_verify
from tests.evidence import cases
from tests.evidence.test_hostile import HOSTILE
from tests.verifier_js import node

PYTHON = (sys.executable, "-I", affidavit_verify.__file__)
NOW = str(cases.START // 1_000_000)
SECONDS = 2
PEAK = Path(__file__).with_name("peak.mjs")
MEMORY = 256 << 20

pytestmark = pytest.mark.skipif(node.NODE is None, reason="there is no Node here: ./scripts/node installs it")


def run(*arguments: str | Path, program: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """The program, to its end."""
    command = program or (str(node.NODE), str(node.PROGRAM))
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a bundle, a policy, an earlier checkpoint and a receipt of one ledger."""
    ledger = cases.usual()
    (tmp_path / "checkpoint").write_bytes(ledger.seal().note)
    entries = ledger.record("one", {"n": 9})
    ledger.seal()
    (tmp_path / "receipt").write_bytes(ledger.receipt(entries))
    (tmp_path / "case.affidavit").write_bytes(ledger.bundle(cases.ALL))
    (tmp_path / "policy").write_text(f"log {ledger.key}\nlog {ledger.receipts.verifier_key}\nquorum none\n")
    return tmp_path


def test_options_and_exit_codes(files: Path) -> None:
    bundle, key = files / "case.affidavit", cases.Ledger().key
    holding = ("--policy", files / "policy", "--checkpoint", files / "checkpoint", "--receipt", files / "receipt")
    for arguments, code in [
        ((bundle, "--key", key), 0),
        ((f"--key={key}", "--json", bundle, "--complete"), 0),
        ((bundle, *holding, "--max-age", "1d", "--now", NOW), 0),
        ((bundle, *holding, "--max-age", "1s", "--now", str(int(NOW) + 90)), 3),
        ((bundle, "--key", cases.Ledger(seed=9).key), 1),
        ((files / "policy", "--key", key), 2),
    ]:
        ended = run(*arguments, "--json")
        python = run(*arguments, "--json", program=PYTHON)
        assert (ended.returncode, python.returncode, ended.stderr) == (code, code, ""), arguments
        reports = [node.without_messages(json.loads(one.stdout)) for one in (ended, python)]
        assert reports[0] == reports[1]


def test_words_for_people(files: Path) -> None:
    ended = run(files / "case.affidavit", "--key", cases.Ledger().key)
    assert ended.stdout.startswith("PROVEN\n\nThe bundle claims to be: the whole ledger\n\nProven:\n  signature ")
    assert "\nAsserted only by the ledger:\n" in ended.stdout
    assert "\nNot proven:\n  history " in ended.stdout


@pytest.mark.parametrize(("name", "said"), cases.SCOPES_IN_WORDS.items())
def test_what_it_is_of_is_said(name: str, said: str, tmp_path: Path) -> None:
    ledger = cases.usual()
    ledger.seal()
    (tmp_path / "scope").write_bytes(ledger.bundle(cases.SCOPES[name]))
    ended = run(tmp_path / "scope", "--key", ledger.key)
    assert f"The bundle claims to be: {said}\n" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name one bundle"),
        (("case",), "Name a key that you trust"),
        (("case", "--key"), "--key needs a value"),
        (("case", "--key", "x"), "'x' is not a verifier key"),
        (("case", "--key", cases.Witness("w", 1).key), "is a witness' key: name it in a policy"),
        (("case", "--key", cases.Ledger().key), "no such file"),
        (("case", "--key", cases.Ledger().key, "--policy", node.__file__), "policy, line 1: "),
        (("case", "--max-age", "1y"), "'1y' is no age"),
        (("case", "--now", "soon"), "'soon' is no time"),
        (("case", "--quick"), "there is no option --quick"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], said: str) -> None:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("affidavit_verify: ")
    assert said in ended.stderr
    assert "    at " not in ended.stderr


def test_help_names_every_option() -> None:
    ended = run("--help")
    python = set(re.findall(r"--[a-z-]+", run("--help", program=PYTHON).stdout))
    assert ended.returncode == 0
    assert python - {"--help", "--receipt-key"} == set(re.findall(r"--[a-z-]+", ended.stdout))


def limited() -> None:
    """Before the verifier begins: so much of the processor's time."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def refused(file: Path) -> str:
    """What it says of a file; it must say that it is malformed, soon, and in little memory."""
    command = [str(node.NODE), "--import", str(PEAK), str(node.PROGRAM), "--key", cases.Ledger().key, str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited, check=False)
    assert ended.returncode == 2, ended
    assert int(ended.stderr) << 10 < MEMORY
    return ended.stdout


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile(attack: str, tmp_path: Path) -> None:
    file = tmp_path / "case.affidavit"
    file.write_bytes(HOSTILE[attack]())
    assert refused(file).startswith("MALFORMED")


def test_a_payload_of_every_length(tmp_path: Path) -> None:
    """Where SHA-256 pads in one block or in two, its plain writing for pages has two ways to go."""
    ledger = cases.Ledger()
    ledger.record("one", *({"x": "y" * length} for length in range(200)))
    ledger.seal()
    bundle = ledger.bundle(cases.ALL)
    running = node.Node()
    report = running.report(cases.auditor(ledger), bundle, like="page")
    running.close()
    assert (report["status"], report["entries"]) == ("proven", 200)


def test_it_reads_no_network_and_depends_on_nothing() -> None:
    source = node.PROGRAM.read_text()
    assert set(re.findall(r'import\("([^"]+)"\)', source)) == {"node:crypto", "node:fs/promises"}
    assert not re.search(r"^\s*(?:import|export)\b", source, re.MULTILINE)
    assert not re.search(r"\b(?:fetch|require|eval|XMLHttpRequest|WebSocket|innerHTML)\b", source)
