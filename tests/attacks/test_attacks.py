"""Every attack of the tables in this folder does what docs/attacks.md says: to Affidavit, and to a plain hash chain."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks import scene
from tests.attacks.on_bundles import BUNDLES
from tests.attacks.on_databases import DATABASES
from tests.attacks.on_databases import ERASED as ERASED_THERE
from tests.attacks.on_directories import DIRECTORIES, ERASED
from tests.attacks.on_keys import KEYS
from tests.attacks.on_servers import PROOFS, STARTS, WITNESSED, proven, shown_to_witness
from tests.attacks.page import section
from tests.attacks.plain import verdict
from tests.attacks.striking import AT_STARTS, IN_DATABASES, IN_DIRECTORIES, ORIGINS
from tests.evidence.cases import ALL, ORIGIN

IN_BUNDLES, BY_KEYS = "In a bundle", "By who holds a key, or none that counts"
AT_WITNESSES, IN_PROOFS = "Before a witness", "In the proof of one entry"
SECTIONS = {
    IN_DIRECTORIES: DIRECTORIES | ERASED,
    IN_DATABASES: DATABASES | ERASED_THERE,
    IN_BUNDLES: BUNDLES,
    BY_KEYS: KEYS,
    AT_STARTS: STARTS,
    AT_WITNESSES: WITNESSED,
    IN_PROOFS: PROOFS,
}
STRANGE = {"A key that only a stranger's key has named"}
"""Where the auditor trusts none of our keys."""


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_page_has_every_attack_and_no_other(heading: str) -> None:
    assert list(section(heading)) == list(SECTIONS[heading])


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
