"""Files that are made to hurt whoever opens them: refused within a second of the processor and 256 MiB, in words."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.verifier import affidavit_verify
from tests.evidence import cases
from tests.evidence.cases import Members

MEMORY = 256 << 20
SECONDS = 1
HUGE = 2 << 30


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A ZIP file as anybody makes it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        for name, content in members:
            opened.writestr(name, content)
    return made.getvalue()


def usual() -> tuple[str, Members]:
    """A verifier key, and the members of a sound bundle."""
    ledger = cases.usual()
    ledger.seal()
    return ledger.key, cases.members_of(ledger.bundle(cases.ONE))


def with_member(name: str, content: bytes) -> Callable[[], bytes]:
    """A sound bundle but for one member."""
    return lambda: cases.packed(usual()[1] | {name: content})


HOSTILE: dict[str, Callable[[], bytes]] = {
    "zip slip": lambda: zipped(("../../../tmp/slipped", b"x")),
    "absolute path": lambda: zipped(("/tmp/slipped", b"x")),
    "bomb": lambda: zipped(("README.txt", bytes(64 << 20)), method=zipfile.ZIP_DEFLATED),
    "many members": lambda: zipped(*[(f"m{number}", b"") for number in range(30_000)]),
    "JSON depth": with_member("bundle.json", b"[" * 60_000),
    "JSON depth in the ledger's own entry": lambda: own_payload(b"[" * 2_000_000),
    "JSON of nothing but quotes": lambda: own_payload(b'"' + b'\\"' * 1_000_000),
    "JSON of many lists": lambda: own_payload(b"[" + b"[]," * 600_000 + b"[]]"),
    "a huge integer": lambda: own_payload(b'{"size":' + b"9" * 2_000_000 + b',"type":"heads"}'),
    "a huge integer as a position": with_member("headers", b"9" * 2_000_000 + b" {}\n"),
    "a huge size": with_member("checkpoint", b"test.example/ledger\n" + b"9" * 60_000 + b"\n"),
    "a line without end": with_member("headers", b"0" * (64 << 20)),
    "a payload without end": with_member("payloads", b"0" * 32 + b" " + b"x" * (64 << 20)),
    "many signatures": with_member("checkpoint", b"x\n\n" + "— w AAAAAAAA\n".encode() * 3_000),
    "a large note": with_member("checkpoint", b"x" * (8 << 20)),
    "nothing but nodes": with_member("nodes", b"x\n" * 1_000_000),
    "heads of many chains": with_member("heads", b"9\n" + b"0 {}\n" * 1_000_000),
}


def own_payload(payload: bytes) -> bytes:
    """A bundle with this payload of the ledger's own entry of heads, which the verifier reads as JSON."""
    members = usual()[1]
    lines = members["payloads"].splitlines(keepends=True)
    lines[-1] = b"0" * 32 + b" " + payload + b"\n"
    members["payloads"] = b"".join(lines)
    members["headers"] = members["headers"].replace(b'"v":1', b'"v":2', 1)  # malformed, but for what is read before
    return cases.packed(members)


def limited() -> None:
    """Before the verifier begins: no more memory, no more processor time."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def verify(file: Path) -> subprocess.CompletedProcess[str]:
    """The one file, alone, by an interpreter that knows nothing of us."""
    program = Path(affidavit_verify.__file__)
    command = [sys.executable, "-I", str(program), "--key", cases.Ledger().key, "--", str(file)]
    return subprocess.run(command, capture_output=True, text=True, preexec_fn=limited, check=False)


def assert_refused(ended: subprocess.CompletedProcess[str]) -> None:
    assert ended.returncode == 2, ended
    assert "Traceback" not in ended.stderr
    assert "fault of this program" not in ended.stderr
    assert "MALFORMED" in ended.stdout


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile(attack: str, tmp_path: Path) -> None:
    file = tmp_path / "case.affidavit"
    file.write_bytes(HOSTILE[attack]())
    assert_refused(verify(file))
    assert not Path("/tmp/slipped").exists()


def test_sizes_that_are_claimed(tmp_path: Path) -> None:
    """A file of 2 GiB of nothing, which takes no room, behind every member name in turn."""
    file = tmp_path / "case.affidavit"
    whole = cases.packed(usual()[1])
    with file.open("wb") as opened:
        opened.write(whole)
        opened.truncate(HUGE)
        opened.seek(HUGE - len(whole))
        opened.write(whole)
    assert_refused(verify(file))


def test_what_is_no_file(tmp_path: Path) -> None:
    """2 as well, and why."""
    for path in (tmp_path, tmp_path / "missing"):
        ended = verify(path)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert str(path) in ended.stderr
        assert "Traceback" not in ended.stderr


KEY, SOUND = usual()
WHOLE = cases.packed(SOUND)
EVIDENCE = ("bundle.json", "headers", "payloads", "nodes", "heads")


def evidence(members: Members) -> tuple[object, ...]:
    """What is proven of a bundle. README is not, nor are bits of a signature's base 64 that mean nothing."""
    return (*(members[name] for name in EVIDENCE), members["checkpoint"].partition(b"\n\n")[0])


edits = st.tuples(
    st.sampled_from(["set", "cut", "double", "insert"]),
    st.integers(0, len(WHOLE) - 1),
    st.integers(1, 80),
    st.binary(min_size=1, max_size=8),
)


def edited(content: bytes, edit: tuple[str, int, int, bytes]) -> bytes:
    """Some bytes of it set, cut out, doubled, or put in."""
    kind, at, length, new = edit
    at %= len(content) or 1
    middle = {
        "set": new,
        "cut": b"",
        "double": content[at : at + length] * 2,
        "insert": new + content[at : at + length],
    }
    rest = at + (len(new) if kind == "set" else length)
    return content[:at] + middle[kind] + content[rest:]


@settings(max_examples=300, deadline=None)
@given(edits)
def test_a_file_that_was_damaged_proves_nothing_else(edit: tuple[str, int, int, bytes]) -> None:
    damaged = edited(WHOLE, edit)
    report = cases.Auditor([KEY]).report(damaged)
    assert report.exit in (1, 2) or evidence(members_of(damaged)) == evidence(SOUND)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SOUND)), edits)
def test_members_that_were_edited_prove_nothing_else(name: str, edit: tuple[str, int, int, bytes]) -> None:
    members = SOUND | {name: edited(SOUND[name], edit)}
    report = cases.Auditor([KEY]).report(cases.packed(members))
    assert report.exit in (1, 2) or evidence(members) == evidence(SOUND)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_anything_is_refused(content: bytes) -> None:
    assert cases.Auditor([KEY]).report(content).exit == 2


def members_of(bundle: bytes) -> Members:
    """The members, without a look at check sums."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        return {info.filename: _raw(bundle, info) for info in opened.infolist()}


def _raw(bundle: bytes, info: zipfile.ZipInfo) -> bytes:
    name, extra = bundle[info.header_offset + 26], bundle[info.header_offset + 28]
    start = info.header_offset + 30 + name + extra
    return bundle[start : start + info.file_size]
