"""Signing secrets of API keys, from the ledger's master secret."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from affidavit.access.keys import Key
from affidavit.access.secrets import derive
from affidavit.dialects.contract import Dialect
from affidavit.errors import DataDirectoryError
from affidavit.ledger.private import create_private, read_private

MASTER_FILE = "secrets.key"
MASTER_BYTES = 32


def master_secret(directory: Path) -> bytes:
    """The master secret, made where there is none yet. Raises DataDirectoryError."""
    path = directory / MASTER_FILE
    if not path.exists():
        try:
            create_private(path, os.urandom(MASTER_BYTES).hex())
        except FileExistsError:
            pass  # another process made it meanwhile: it is the one
        except OSError as error:
            raise DataDirectoryError(f"{path} cannot be written: {error.strerror}") from None
    line = read_private(path, "the ledger's master secret")
    if len(line) != 2 * MASTER_BYTES or not set(line) <= set("0123456789abcdef"):
        raise DataDirectoryError(f"{path} is damaged: restore the ledger's master secret from your backup")
    return bytes.fromhex(line)


def secret_of(directory: Path, dialect: Dialect, key: Key) -> str | None:
    """A key's signing secret as its owner gets it; None where it has none."""
    if not key.secret_generation:
        return None
    return derive(master_secret(directory), key.id, key.secret_generation, dialect.secret_prefix, dialect.key_bytes)


def signing_secrets(directory: Path) -> Callable[[Dialect, str, int], bytes | None]:
    """What the server checks signatures with: (dialect, key id, generation) -> the secret's bytes."""
    master = master_secret(directory)

    def secret(dialect: Dialect, key_id: str, generation: int) -> bytes | None:
        if not generation:
            return None
        return derive(master, key_id, generation, dialect.secret_prefix, dialect.key_bytes).encode()

    return secret
