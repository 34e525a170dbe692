"""`affidavit show`: an entry by any of its names."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import apsw
import pytest

from tests.cli.program import affidavit
from tests.invoking import invoke


def test_every_name(ledger: Path) -> None:
    """Position, UUID and ULID, in either case, are the same entry."""
    shown = affidavit("show", "2", "--data", ledger, "--json").stdout
    entry = json.loads(shown)
    for name in (entry["id"], entry["ulid"], entry["id"].upper(), entry["ulid"].lower()):
        assert affidavit("show", name, "--data", ledger, "--json").stdout == shown


def test_everything_that_the_hash_is_made_of(ledger: Path) -> None:
    """A reader can recompute header hash, link and commitment from what is printed."""
    first, second = (json.loads(affidavit("show", n, "--data", ledger, "--json").stdout) for n in ("0", "1"))
    for entry in (first, second):
        assert sha256(b"\0" + entry["header"].encode()).hexdigest() == entry["hash"]
        header = json.loads(entry["header"])
        assert (header["id"], header["chain"], header["seq"]) == (entry["id"], entry["chain"], entry["seq"])
        payload = json.dumps(entry["payload"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        committed = sha256(b"affidavit/payload/v1\0" + bytes.fromhex(entry["salt"]) + payload)
        assert committed.hexdigest() == header["payload"]
    assert first["payload"]["duration_ms"] == 1.5


def test_for_people(ledger: Path) -> None:
    """A line a part, with the same values."""
    parts = dict(line.split(maxsplit=1) for line in affidavit("show", "0", "--data", ledger).stdout.splitlines())
    entry = json.loads(affidavit("show", "0", "--data", ledger, "--json").stdout)
    assert parts.keys() == entry.keys()
    assert (parts["header"], parts["hash"], parts["agent"]) == (entry["header"], entry["hash"], "agent")
    assert json.loads(parts["payload"]) == entry["payload"]


@pytest.mark.parametrize(
    "name",
    [
        "4", "99999999999999999999", "9" * 5000, "00000000-0000-7000-8000-000000000000", "7" * 26, "١", "", "x\x1b[2J",
        "\udcff", "latest",
    ],
)  # fmt: skip
def test_what_is_not_there(ledger: Path, name: str) -> None:
    """Not so: 1, and one line that a terminal can show."""
    outcome = invoke("show", name, "--data", ledger)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith("affidavit: there is no entry ")
    assert outcome.stderr.rstrip("\n").isprintable()


def test_a_payload_that_is_no_json_any_more(ledger: Path, tmp_path: Path) -> None:
    """What is there is shown, as a text."""
    data = Path(shutil.copytree(ledger, tmp_path / "copy"))
    with closing(apsw.Connection(str(data / "ledger.sqlite"))) as connection:
        connection.execute("UPDATE entries SET payload = ? WHERE position = 0", (b'{"agent_id":\x1b\xff',))
    for command in (["show", "0"], ["tail", "--no-follow", "-n", "4"]):
        shown = json.loads(affidavit(*command, "--data", data, "--json").stdout.splitlines()[0])
        assert shown["payload"] == '{"agent_id":\x1b\\xff'
    assert '{"agent_id":\\u001b\\xff' in affidavit("show", "0", "--data", data).stdout
