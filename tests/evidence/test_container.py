"""The ZIP file around a bundle: other programs read it, and beyond 4 GiB too."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from affidavit.core import archive as writing
from affidavit.core.archive import File, archive
from affidavit.verifier import affidavit_verify as reading
from tests.evidence import cases

BLOCK = bytes(64 << 20)


@pytest.fixture
def bundle() -> bytes:
    ledger = cases.usual()
    ledger.seal()
    return ledger.bundle(cases.ALL)


def test_python_reads_it(bundle: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        assert opened.testzip() is None
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in opened.infolist()} == {0o100644}


@pytest.mark.skipif(shutil.which("unzip") is None, reason="there is no unzip here")
def test_unzip_reads_it(bundle: bytes, tmp_path: Path) -> None:
    (tmp_path / "case.affidavit").write_bytes(bundle)
    ended = subprocess.run(
        ["unzip", "-q", "case.affidavit", "-d", "out"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == cases.members_of(bundle)


def test_what_comes_in_pieces_comes_out_whole() -> None:
    whole = b"".join(archive([File("a", b"one"), File("headers", iter([b"t", b"", b"wo"])), File("c", b"")]))
    assert cases.members_of(whole) == {"a": b"one", "headers": b"two", "c": b""}


def test_beyond_4_gib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers and payloads of more than 4 GiB each, of nothing: the file takes no room."""
    monkeypatch.setattr(writing, "crc32", lambda block, crc=0: 0)
    small = {name: File(name, b"x") for name in ("README.txt", "bundle.json", "checkpoint", "timestamp.tsr")}
    large = [File(name, iter([BLOCK] * 65)) for name in ("headers", "payloads")]
    files = [*list(small.values())[:3], *large, File("nodes", iter([])), small["timestamp.tsr"]]
    file = tmp_path / "case.affidavit"
    with file.open("wb") as opened:
        for piece in archive(files):
            if piece is BLOCK:
                opened.seek(len(piece), io.SEEK_CUR)
            else:
                opened.write(piece)
    size = 65 * len(BLOCK)
    with zipfile.ZipFile(file) as checked:
        assert [info.file_size for info in checked.infolist()] == [1, 1, 1, size, size, 0, 1]
    with file.open("rb") as opened:
        members = reading.open_container(opened)
        assert [member.size for member in members.values()] == [1, 1, 1, size, size, 0, 1]
        assert members["timestamp.tsr"].read() == b"x"
