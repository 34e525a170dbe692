"""`affidavit_verify.py` as somebody runs it: its options, exit codes, and words for people and for machines."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from affidavit.verifier import affidavit_verify
from affidavit.verifier.affidavit_verify import main, printable, seconds, utc
from tests.evidence import cases
from tests.evidence.cases import ALL, START

NOW = START // 1_000_000
KEY = cases.Ledger().key


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a bundle, and what an auditor of its ledger may hold."""
    ledger = cases.usual()
    (tmp_path / "checkpoint").write_bytes(ledger.seal().note)
    entries = ledger.record("one", {"n": 9})
    ledger.seal()
    (tmp_path / "receipt").write_bytes(ledger.receipt(entries))
    (tmp_path / "case.affidavit").write_bytes(ledger.bundle(ALL))
    (tmp_path / "policy").write_text(f"log {ledger.key}\nlog {ledger.receipts.verifier_key}\nquorum none\n")
    rewritten = cases.usual(seed=1)
    rewritten.forge(0, by="key_9")
    (tmp_path / "other").write_bytes(rewritten.seal().note)
    return tmp_path


def ran(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as ended:
        code = int(str(ended.code))
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return code, printed.out, printed.err


def codes(report: str, name: str) -> set[str]:
    return {item["code"] for item in json.loads(report)[name]}


def test_every_option_does_something(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle, policy = files / "case.affidavit", ("--policy", files / "policy")
    holding = ("--checkpoint", files / "checkpoint", "--receipt", files / "receipt")
    code, report, _ = ran(capsys, bundle, "--key", KEY, "--json")
    assert (code, codes(report, "proven") & {"held", "receipt"}) == (0, set())
    code, report, _ = ran(capsys, bundle, *policy, *holding, "--json")
    assert (code, codes(report, "proven") & {"held", "receipt"}) == (0, {"held", "receipt"})
    assert ran(capsys, bundle, "--key", KEY, "--checkpoint", files / "other")[0] == 1
    for age, expected in (("90s", 0), ("1m", 3), ("60", 3)):
        assert ran(capsys, bundle, "--key", KEY, "--max-age", age, "--now", str(NOW + 90))[0] == expected
    assert ran(capsys, bundle, "--key", KEY, "--max-age", "1s")[0] in (0, 3)
    assert ran(capsys, bundle, "--key", cases.Ledger(seed=9).key)[0] == 1
    assert ran(capsys, files / "policy", "--key", KEY)[0] == 2
    code, report, _ = ran(capsys, bundle, "--key", KEY, "--complete", "--json")
    assert (code, json.loads(report)["status"]) == (0, "proven")


def test_words_for_people(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = ran(capsys, files / "case.affidavit", "--key", KEY)
    assert (code, said.split("\n")[0]) == (0, "PROVEN: the evidence holds.")
    titles = [line for line in said.split("\n") if line.endswith(":")]
    assert titles == ["Proven:", "Asserted only by the ledger:", "Not proven:"]
    code, said, _ = ran(capsys, files / "case.affidavit", "--key", KEY, "--checkpoint", files / "other")
    assert said.startswith("FAILED: this is not what the ledger recorded.\n\nThe bundle claims to be: ")
    assert "\n\nProblems:\n  two-histories " in said
    held = (files / "other").read_text().strip().split("\n")
    assert all(line in said.split("\n") for line in held), "the notes are shown whole"
    assert said.count("Evidence, a note with a good signature:") == 2
    code, said, _ = ran(capsys, files / "case.affidavit", "--key", KEY, "--max-age", "1s", "--now", str(NOW + 900))
    assert said.startswith("POLICY NOT MET: ")
    assert "\nProven:\n" in said
    assert ran(capsys, files / "policy", "--key", KEY)[1].startswith("MALFORMED: this cannot be verified.")


@pytest.mark.parametrize(("name", "said"), cases.SCOPES_IN_WORDS.items())
def test_what_it_is_of_is_said(name: str, said: str, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = cases.usual()
    ledger.seal()
    (files / "scope").write_bytes(ledger.bundle(cases.SCOPES[name]))
    assert f"The bundle claims to be: {said}\n" in ran(capsys, files / "scope", "--key", KEY)[1]


def test_a_name_cannot_turn_the_words_around() -> None:
    scope = {"kind": "agent", "dialect": "agentlens", "name": "ann\u202e\ud83d\n"}
    report = affidavit_verify.Report(scope=scope)
    assert 'the agent "ann\\u202e\\ud83d\\n" of agentlens' in affidavit_verify.as_text(report)


def test_who_signed_is_said_where_no_trusted_key_did(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ran(capsys, files / "case.affidavit", "--key", cases.Ledger(seed=9).key)[1]
    assert f"only {KEY.rpartition('+')[0]}" in said


def test_more_problems_than_are_listed(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = cases.Ledger()
    ledger.record("one", *[{"n": n} for n in range(150)])
    ledger.seal()
    bundle = cases.changed(ledger.bundle(ALL), "payloads", lambda content: content.replace(b'"n"', b'"m"'))
    (files / "many").write_bytes(bundle)
    said = ran(capsys, files / "many", "--key", KEY)[1].rstrip().split("\n")
    assert said[-1] == "  and 50 problems more"
    assert "position 99: " in said[-2]


def test_wrong_usage(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "bad").write_text("quorum all\n")
    case = files / "case.affidavit"
    for arguments, words in [
        ((case,), "name a key that you trust"),
        ((case, "--key", "x"), "'x' is not an Ed25519 verifier key"),
        ((case, "--key", cases.Witness("w", 1).key), "is a witness's key: name it in a policy"),
        ((case, "--key", KEY, "--policy", files / "bad"), "line 1 of the policy"),
        ((files / "missing", "--key", KEY), "No such file"),
        ((case, "--key", KEY, "--checkpoint", files / "missing"), "No such file"),
        ((case, "--key", KEY, "--max-age", "1y"), "invalid seconds value"),
        ((case, "--ke", KEY), "unrecognized arguments"),
    ]:
        code, out, said = ran(capsys, *arguments)
        assert (code, out) == (2, ""), arguments
        assert words in said, said


def test_a_fault_of_its_own_proves_nothing(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise KeyError("\x1b[2J")

    monkeypatch.setattr(affidavit_verify, "verify", fault)
    code, out, said = ran(capsys, files / "case.affidavit", "--key", KEY)
    assert (code, out) == (2, "")
    assert said.startswith("affidavit_verify: a fault of this program: ")
    assert "\x1b" not in said


def test_a_terminal_that_knows_no_unicode(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii", write_through=True))
    assert main([str(files / "case.affidavit"), "--key", KEY, "--checkpoint", str(files / "other")]) == 1
    assert b"\\u2014 test.example" in shown.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"), [("7", 7), ("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800), ("0", 0)]
)
def test_spans_of_time(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "s", "1w", "-1", "1.5h", "1" * 10])
def test_what_is_no_span_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="^" + text.replace(".", r"\.") + "$"):
        seconds(text)


def test_times_and_texts_that_cannot_be_shown() -> None:
    assert utc(NOW) == "2026-09-21T14:13:20Z"
    assert utc(2**62) == f"{2**62} s"
    assert printable("a\x1b[2J\u202eé\n") == "a\\u001b[2J\\u202eé\\n"
