"""PostgreSQL's errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout

from affidavit.errors import RoleRefused, StoreFailed, StoreUnreadable

PASSING = (
    psycopg.OperationalError,  # no connection, or one that was lost; too many of them; a disk that is full; a shutdown
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.IdleInTransactionSessionTimeout,
    errors.ReadOnlySqlTransaction,
    errors.InFailedSqlTransaction,
)
"""What may be over at the next try, on another connection perhaps. Nothing of it was committed but by a COMMIT."""
_ADVICE: dict[type[psycopg.Error], str] = {  # the first that fits: most are OperationalErrors
    errors.DiskFull: "the database's disk is full: make room",
    errors.ReadOnlySqlTransaction: "the database is read-only, a standby perhaps: name the primary, or add "
    "target_session_attrs=read-write to the URL",
    errors.IntegrityError: "what is to be written contradicts what is there",
    errors.LockNotAvailable: "another transaction holds what is needed for too long: see pg_stat_activity",
    errors.QueryCanceled: "the database ended it: is the statement_timeout of this role too short for it?",
    errors.SerializationFailure: "the database asks to try again",
    errors.DeadlockDetected: "the database asks to try again",
    psycopg.OperationalError: "the database does not answer, or not to this URL: is it running, and are user, "
    "password and database right?",
    errors.IdleInTransactionSessionTimeout: "this server stood still, and the database ended what it had begun",
}


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raises StoreFailed or StoreUnreadable for what PostgreSQL or the network raises, saying while `doing` what."""
    try:
        yield
    except (PoolTimeout, PoolClosed) as error:
        raise StoreFailed(
            f"the database gives no connection: is it running, and does it allow enough ({doing})"
        ) from error
    except errors.UniqueViolation as error:
        if (error.diag.table_name or "").startswith("runs"):
            raise StoreUnreadable(
                "entries have arrived that have their positions already: the tables `arrivals` and `runs` were edited, "
                f"and nothing can be read until that is undone ({doing}: {error.diag.message_detail})"
            ) from error
        raise StoreFailed(f"{_ADVICE[errors.IntegrityError]} ({doing}: {told(error)})") from error
    except errors.InsufficientPrivilege as error:
        raise RoleRefused(
            f"the database role of this process may not do this ({doing}: {told(error)}): docs/postgres.md says, under "
            "Roles, which may"
        ) from error
    except psycopg.Error as error:
        for kind, advice in _ADVICE.items():
            if isinstance(error, kind):
                raise StoreFailed(f"{advice} ({doing}: {told(error)})") from error
        raise StoreUnreadable(
            f"{doing}: {told(error)}. Run `affidavit verify`; bring the database back from a backup"
        ) from error


def told(error: psycopg.Error) -> str:
    """What the database said, on one line."""
    return (error.diag.message_primary or str(error)).strip().replace("\n", "; ")
