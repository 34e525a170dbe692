"""A database that would lose what was committed, hide it, or let anybody change it is refused when it is opened."""

from __future__ import annotations

from contextlib import closing

import pytest

from affidavit.errors import SettingError
from affidavit.storage.postgres import PostgresStore, create
from tests.contract.peers import ask
from tests.contract.recording import ORIGIN, SEARCHABLE
from tests.postmaster import USER

UNFIT = {
    "default_transaction_isolation": ("serializable", "repeatable read"),
    "synchronous_commit": ("off",),
}
FIT = {"synchronous_commit": ("local", "remote_write", "remote_apply")}


@pytest.mark.parametrize("name", UNFIT)
def test_one_that_would_lose_some(database: str, name: str) -> None:
    """It says what to do; when that is done it is served."""
    create(database, ORIGIN)
    for value in UNFIT[name]:
        ask(database, f"ALTER DATABASE {database.rpartition('/')[2]} SET {name} = '{value}'")
        with pytest.raises(SettingError, match=f"{name} = '{value}'") as refused:
            PostgresStore.open(database, searchable=SEARCHABLE)
    advice = str(refused.value).partition("run ")[2].partition(",")[0]
    try:
        ask(database, advice)
        PostgresStore.open(database, searchable=SEARCHABLE).close()
    finally:
        ask(database, f"ALTER ROLE {USER} RESET {name}")


def test_one_where_anybody_may_put_functions(database: str) -> None:
    """A hashtextextended(text, integer) fits better than PostgreSQL's own, of a bigint: our role would run it."""
    create(database, ORIGIN)
    ask(database, "GRANT CREATE ON SCHEMA public TO PUBLIC")
    with pytest.raises(SettingError, match="may put functions into its schema public") as refused:
        PostgresStore.open(database, searchable=SEARCHABLE)
    ask(database, str(refused.value).partition("run: as its owner run ")[2])
    PostgresStore.open(database, searchable=SEARCHABLE).close()


@pytest.mark.parametrize("name", FIT)
def test_what_an_operator_may_choose(database: str, name: str) -> None:
    create(database, ORIGIN)
    for value in FIT[name]:
        ask(database, f"ALTER DATABASE {database.rpartition('/')[2]} SET {name} = '{value}'")
        with closing(PostgresStore.open(database, searchable=SEARCHABLE)) as store:
            assert store.size() == 0
