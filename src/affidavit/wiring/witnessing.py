"""A running witness: its directory, its key, and the same HTTP edge as a ledger's."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

import uvloop

from affidavit.core.notekey import ED25519, VerifierKey, is_key_name, parse_verifier_key
from affidavit.errors import DataDirectoryError, SettingError
from affidavit.ledger.durable import make_durably
from affidavit.ledger.signer import Signer, create_signer, load_signer
from affidavit.server import log
from affidavit.server.clients import Timeouts
from affidavit.server.run import Service, serve
from affidavit.server.threads import Threads
from affidavit.settings import Settings
from affidavit.storage.sqlite.files import lock, refuse_open_to_others
from affidavit.wiring.listeners import base_url, listen
from affidavit.witness.app import WitnessApp
from affidavit.witness.witness import Ledgers, Witness

KEY_FILE: Final = "witness.key"
MAX_WAITING_PROPOSALS: Final = 1_000
"""What may wait for the thread that judges; more are answered 503."""


def run_witness(
    directory: Path, name: str | None, address: str, logs: Iterable[str], announce: Callable[[str, VerifierKey], None]
) -> None:
    """Serve until SIGINT or SIGTERM. `announce` gets the base URL and the witness's key once it answers.

    `address`: host:port; `logs`: as `ledgers_of`. The first start makes the directory and the key. Raises
    DataDirectoryError, SettingError, MalformedKey before anything is served.
    """
    host, port = _address(address)
    ledgers = ledgers_of(logs)
    log.start()
    held = _take(directory)
    try:
        signer = _key(directory, name)
        witness = Witness(directory, signer.name, signer.seed, ledgers, lambda: int(time.time()))
        with (
            closing(listen(Settings(host=host), port)) as listener,
            Threads("proposals", 1, MAX_WAITING_PROPOSALS) as judges,
        ):
            service = Service([(listener, WitnessApp(witness, judges))], lambda: None)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(
                    serve(lambda _: service, _timeouts(), started=lambda: announce(base_url(listener), witness.key))
                )
    finally:
        os.close(held)


def ledgers_of(logs: Iterable[str]) -> Ledgers:
    """Verifier keys of ledgers, by origin. `<origin> <verifier key>` is for logs whose key has another name.

    Raises SettingError, MalformedKey.
    """
    ledgers: dict[str, list[VerifierKey]] = {}
    for text in logs:
        origin, _, encoded = text.strip().rpartition(" ")
        key = parse_verifier_key(encoded)
        if key.algorithm != ED25519:
            raise SettingError(f"{key} is a witness's key, not a ledger's: ask for what `/ledger/key` answers")
        known = ledgers.setdefault(origin or key.name, [])
        if key not in known:
            known.append(key)
    if not ledgers:
        raise SettingError("a witness of no ledger cosigns nothing: name one with --log")
    return ledgers


def _take(directory: Path) -> int:
    """The directory, made where there is none, for its owner and this process only. Returns what to close."""
    try:
        make_durably(directory)
        refuse_open_to_others(directory)
    except OSError as error:
        raise DataDirectoryError(f"{directory} cannot be used by a witness: {error.strerror}") from error
    return lock(directory)


def _key(directory: Path, name: str | None) -> Signer:
    """The witness's key, made where there is none. Raises DataDirectoryError, SettingError."""
    path = directory / KEY_FILE
    if path.exists():
        return load_signer(path, name)
    if any(other.name != "lock" for other in directory.iterdir()):
        raise DataDirectoryError(
            f"{directory} holds something already, and no {KEY_FILE}: bring the key back, or choose an empty directory"
        )
    chosen = name or f"affidavit.local/witness/{uuid.uuid4()}"
    if not is_key_name(chosen):
        raise SettingError(f"the name {chosen!r} must be a text without spaces and plus signs, like a host and a path")
    return create_signer(path, chosen)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise SettingError(f"{text!r} is no address to listen on: write HOST:PORT, such as 127.0.0.1:7610")
    return host, int(port)


def _timeouts() -> Timeouts:
    """Those of a server that nobody configured."""
    usual = Settings()
    return Timeouts(usual.head_seconds, usual.body_seconds, usual.idle_seconds, usual.drain_seconds)
