"""SQLite's errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from affidavit.errors import ReadEnded, StoreFailed, StoreUnreadable

_PASSING = {
    apsw.FullError: "the disk is full: make room",
    apsw.IOError: "the disk refused to read or write: look at the system's log",
    apsw.BusyError: "another process holds the ledger's write lock: let it finish",
    apsw.LockedError: "another process holds the ledger's write lock: let it finish",
    apsw.CantOpenError: "the file cannot be opened: look at its permissions and at the limit of open files",
    apsw.ReadOnlyError: "the file is read-only: look at its permissions",
    apsw.PermissionsError: "the file is read-only: look at its permissions",
    apsw.AuthError: "the file is read-only: look at its permissions",
    apsw.NoMemError: "there is no memory left",
    apsw.ConstraintError: "what is to be written contradicts what is there",
}
"""What may be over at the next try. Everything else means that the file is not what we wrote."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raises StoreFailed or StoreUnreadable for what SQLite or the file system raises, saying while `doing` what.

    And ReadEnded for what was interrupted, which only `ledger.patience` does.
    """
    try:
        yield
    except apsw.InterruptError as error:
        raise ReadEnded(f"nobody waits for it any more ({doing})") from error
    except apsw.Error as error:
        for kind, advice in _PASSING.items():
            if isinstance(error, kind):
                raise StoreFailed(f"{advice} ({doing}: {error})") from error
        raise StoreUnreadable(f"{doing}: {error}. Run `affidavit verify`; bring the file back from a backup") from error
    except OSError as error:
        raise StoreFailed(f"{error.filename}: {error.strerror}: look at the data directory ({doing})") from error
    except UnicodeDecodeError as error:
        raise StoreUnreadable(f"{doing}: a text is not UTF-8. Run `affidavit verify`") from error
