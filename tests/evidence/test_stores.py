"""The same ledger makes the same bundles, byte for byte, whatever it is kept in.

So what these tests show of bundles of a ledger in memory is so of all.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.contract.conftest import MakeStore, make_postgres, make_store
from tests.evidence.cases import ALICE, BOB, SCOPES, Ledger, Witness, auditor, usual

__all__ = ["make_postgres", "make_store"]
WITNESS = Witness("witness.example/1", 20)


def _grown(ledger: Ledger) -> list[bytes]:
    """Two checkpoints, one of them cosigned, a change of keys, and a bundle of everything that can be asked for."""
    first = ledger.seal()
    ledger.cosign(WITNESS)
    ledger.rotate(7)
    ledger.record("one", {"n": 9})
    ledger.record_heads()
    ledger.seal()
    bundles = [ledger.bundle(scope, earlier=[first.note]) for scope in SCOPES.values()]
    return [*bundles, ledger.bundle(SCOPES["all"], witnessed=True)]


def test_every_store_gives_the_same(make_store: MakeStore, tmp_path: Path) -> None:
    in_memory = usual()
    with closing(make_store(tmp_path / "ledger")) as store:
        assert [store.add_workspace(tenant.name, tenant.salt) for tenant in (ALICE, BOB)] == [ALICE, BOB]
        ledger = usual(store=store)
        trusting = auditor(ledger)
        bundles = _grown(ledger)
        assert store.clean() == 0
        again = [ledger.bundle(SCOPES["all"], witnessed=True)]
    assert bundles == _grown(in_memory)
    assert again == bundles[-1:]
    assert trusting.codes(bundles[-1]) == (0, [])
