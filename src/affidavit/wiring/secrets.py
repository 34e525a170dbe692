"""Signing secrets of API keys, from the ledger's master secret."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from affidavit.access.keys import Key, KeyStore
from affidavit.access.secrets import derive
from affidavit.dialects.contract import Dialect
from affidavit.errors import DataDirectoryError
from affidavit.ledger.private import create_private, read_private

MASTER_FILE = "secrets.key"
MASTER_BYTES = 32


def master_secret(directory: Path, keys: KeyStore) -> bytes:
    """The master secret of a ledger; made where no key has a secret that another one would change.

    Raises DataDirectoryError.
    """
    path = directory / MASTER_FILE
    if not path.exists():
        _refuse_new_secrets(keys.keys(), path)
        try:
            make_master(directory)
        except FileExistsError:
            pass  # another process made it meanwhile: it is the one
        except OSError as error:
            raise DataDirectoryError(f"{path} cannot be written: {error.strerror}") from None
    line = read_private(path, "the ledger's master secret")
    if len(line) != 2 * MASTER_BYTES or not set(line) <= set("0123456789abcdef"):
        raise DataDirectoryError(f"{path} is damaged: restore the ledger's master secret from your backup")
    return bytes.fromhex(line)


def make_master(directory: Path) -> None:
    """A new master secret. Raises FileExistsError, OSError."""
    create_private(directory / MASTER_FILE, os.urandom(MASTER_BYTES).hex())


def _refuse_new_secrets(kept: Sequence[Key], path: Path) -> None:
    """Raises DataDirectoryError where a key in use has a secret."""
    signing = [key.id for key in kept if key.secret_generation and key.revoked_at is None]
    if signing and not path.exists():
        raise DataDirectoryError(
            f"{path} is missing, and the signing secrets of {', '.join(signing[:5])}{' and more' * (len(signing) > 5)} "
            "come from it: restore it from your backup. If it is lost, revoke these keys with `affidavit key revoke` "
            "and create others"
        )


def secret_of(master: bytes, dialect: Dialect, key: Key) -> str | None:
    """A key's signing secret as its owner gets it; None where it has none."""
    if not key.secret_generation:
        return None
    return derive(master, key.id, key.secret_generation, dialect.secret_prefix, dialect.key_bytes)


def signing_secrets(master: bytes) -> Callable[[Dialect, str, int], bytes | None]:
    """What the server checks signatures with: (dialect, key id, generation) -> the secret's bytes."""

    def secret(dialect: Dialect, key_id: str, generation: int) -> bytes | None:
        if not generation:
            return None
        return derive(master, key_id, generation, dialect.secret_prefix, dialect.key_bytes).encode()

    return secret
