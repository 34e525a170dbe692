"""What `affidavit verify DIR` says of a database whose owner has edited it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks import databases, grounds
from tests.attacks.on_databases import DATABASES, ERASED
from tests.attacks.page import section
from tests.attacks.plain import verdict
from tests.attacks.striking import IN_DATABASES, ORIGINS
from tests.postgres import Cluster


@pytest.fixture(scope="module")
def copies(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One ledger as it was, as it is, with an entry erased: each in a database of its own."""
    url = cluster.create_database("attacked")
    return grounds.make(tmp_path_factory.mktemp("databases"), url=url, copied=databases.copier(cluster))


@pytest.mark.parametrize("name", DATABASES | ERASED)
def test_in_a_database(copies: dict[str, Path], cluster: Cluster, tmp_path: Path, name: str) -> None:
    data = databases.copier(cluster)(copies["erased" if name in ERASED else "whole"], tmp_path / "data")
    before, digest, attacked = databases.links(data), databases.digest_of(data), databases.url_of(data)
    assert grounds.verify(data) == []
    (DATABASES | ERASED)[name](data, copies)
    assert (databases.digest_of(data), databases.url_of(data)) != (digest, attacked)
    said = (verdict(before, databases.links(data), ORIGINS), grounds.says(data))
    assert said == section(IN_DATABASES)[name]
