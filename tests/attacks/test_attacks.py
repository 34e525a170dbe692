"""Every attack of the tables in this folder does what docs/attacks.md says: to Affidavit, and to a plain hash chain."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.attacks import grounds, scene
from tests.attacks.on_bundles import BUNDLES
from tests.attacks.on_directories import DIRECTORIES, ERASED, Strike
from tests.attacks.on_keys import KEYS
from tests.attacks.on_servers import PROOFS, STARTS, WITNESSED, proven, shown_to_witness
from tests.attacks.page import section
from tests.attacks.plain import verdict
from tests.evidence.cases import ALL, ORIGIN
from tests.running import run, start

IN_DIRECTORIES, IN_BUNDLES, BY_KEYS = "In a data directory", "In a bundle", "By who holds a key, or none that counts"
AT_STARTS, AT_WITNESSES, IN_PROOFS = "At a start of the server", "Before a witness", "In the proof of one entry"
SECTIONS = {
    IN_DIRECTORIES: DIRECTORIES | ERASED,
    IN_BUNDLES: BUNDLES,
    BY_KEYS: KEYS,
    AT_STARTS: STARTS,
    AT_WITNESSES: WITNESSED,
    IN_PROOFS: PROOFS,
}
STRANGE = {"A key that only a stranger's key has named"}
"""Where the auditor trusts none of our keys."""
ORIGINS = [ORIGIN, scene.OTHER, grounds.ORIGIN, grounds.OTHER]


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_page_has_every_attack_and_no_other(heading: str) -> None:
    assert list(section(heading)) == list(SECTIONS[heading])


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One ledger as it was, as it is, with an entry erased; and another ledger."""
    ours, theirs = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs")
    return grounds.make(ours) | {"other": grounds.make(theirs, grounds.OTHER)["whole"]}


def strike(copies: dict[str, Path], base: str, data: Path, blow: Strike) -> str:
    """Attack a copy of `base`. Returns what a plain chain says."""
    shutil.copytree(copies[base], data)
    before, digest = grounds.links(data), grounds.digest_of(data)
    assert grounds.verify(data) == []
    blow(data, copies)
    assert grounds.digest_of(data) != digest
    return verdict(before, grounds.links(data), ORIGINS)


@pytest.mark.parametrize("name", DIRECTORIES | ERASED)
def test_in_a_data_directory(copies: dict[str, Path], tmp_path: Path, name: str) -> None:
    base = "erased" if name in ERASED else "whole"
    plain = strike(copies, base, tmp_path / "data", (DIRECTORIES | ERASED)[name])
    assert (plain, grounds.says(tmp_path / "data")) == section(IN_DIRECTORIES)[name]


@pytest.mark.parametrize(("heading", "name"), [(h, name) for h in (IN_BUNDLES, BY_KEYS) for name in SECTIONS[h]])
def test_in_a_bundle(heading: str, name: str) -> None:
    brought = (BUNDLES if heading == IN_BUNDLES else KEYS)[name]()
    plain = verdict(scene.links(brought.honest), scene.links(brought.bundle), ORIGINS)
    assert (plain, scene.says(brought.auditor, brought.bundle)) == section(heading)[name]


def test_the_honest_bundles_are_proven() -> None:
    """What is attacked is sound before, for the same auditors; but for what they hold of another history."""
    for attacks in (BUNDLES, KEYS):
        for name, attack in attacks.items():
            brought = attack()
            brought.auditor.held, brought.auditor.receipts, brought.auditor.max_age = [], [], None
            brought.auditor.policy = ""
            if name not in STRANGE:
                assert brought.auditor.codes(brought.honest) == (0, []), name


@pytest.mark.parametrize("name", STARTS)
def test_at_a_start(copies: dict[str, Path], tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    plain = strike(copies, "whole", data, STARTS[name])
    plainly, says = section(AT_STARTS)[name]
    assert plain == plainly
    if says.startswith("starts"):
        assert start(data).stop() == 0
        return
    kept = (data / "checkpoint").read_bytes()
    ended = run("serve", "--data", data, "--port", "0", env=os.environ)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    assert says == f"refuses to start: “{_sentence(ended.stderr)}”"
    assert (data / "checkpoint").read_bytes() == kept, "nothing more was signed"


def _sentence(said: str) -> str:
    """The first sentence of what the program said, without its name; up to a colon it is."""
    return said.removeprefix("affidavit: ").partition(":")[0].strip()


@pytest.mark.parametrize("name", WITNESSED)
def test_before_a_witness(tmp_path: Path, name: str) -> None:
    ground, old_size = WITNESSED[name][0](), WITNESSED[name][1]
    honest, shown = (scene.links(each.ledger.bundle(ALL)) for each in (scene.grown(), ground))
    says = shown_to_witness(ground, old_size, tmp_path)
    assert (verdict(honest, shown, ORIGINS), says) == section(AT_WITNESSES)[name]


@pytest.mark.parametrize("name", PROOFS)
def test_in_a_proof(name: str) -> None:
    links = scene.links(scene.grown().ledger.bundle(ALL))
    assert (verdict(links, links, ORIGINS), proven(*PROOFS[name]())) == section(IN_PROOFS)[name]


def test_two_roots_for_one_size_are_both_kept_as_evidence() -> None:
    """Two notes by one key: whoever has both needs nothing else."""
    brought = KEYS["Two roots for one size"]()
    (problem,) = brought.auditor.report(brought.bundle).problems
    held, shown = problem["notes"]
    assert held != shown
    for note in (held, shown):
        assert note.startswith(f"{ORIGIN}\n10\n")
