"""Several servers of one ledger: real processes, each with a data directory of its own and the same keys in it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from affidavit.core.checkpoint import parse_checkpoint
from affidavit.core.merkle import root_of
from affidavit.core.note import parse_note
from affidavit.wiring.database import KEY_FILES
from tests.fault.keeping import prove
from tests.running import Running, start

SECONDS = 30
"""So long anything that must happen may take, unless a test says otherwise."""
_WATCH = """
CREATE TABLE IF NOT EXISTS public.sealed (who text, size bigint, note bytea);
CREATE OR REPLACE FUNCTION public.note_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.sealed VALUES (current_setting('application_name'), NEW.size, NEW.note);
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER seals AFTER INSERT ON affidavit.checkpoints
FOR EACH ROW EXECUTE FUNCTION public.note_seal();
"""


class Seal(NamedTuple):
    """A checkpoint in the database, and the server that put it there."""

    who: int
    size: int
    note: bytes


class Fleet:
    """So many servers on a database, by number. All of them run, unless they were killed."""

    def __init__(self, directory: Path, url: str, count: int, **environment: str) -> None:
        """`url`: of an empty database."""
        self._directory = directory
        self._url = url
        self._environment = {"AFFIDAVIT_HEADS_SECONDS": "2"} | environment
        self.notes: set[bytes] = set()
        self.servers: list[Running] = []
        for number in range(count):
            data = directory / f"server-{number}"
            if number:
                data.mkdir(mode=0o700)
                for name in KEY_FILES:
                    shutil.copy(directory / "server-0" / name, data)
            self.servers.append(self._start(number))
        self.ask(_WATCH)

    def _start(self, number: int) -> Running:
        named = f"{self._url}{'&' if '?' in self._url else '?'}application_name=server-{number}"
        server = start(self._directory / f"server-{number}", "--store", named, environment=self._environment)
        if self.servers:
            server.keys = self.servers[0].keys
        return server

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database says, past every store."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def kill(self, number: int) -> None:
        """SIGKILL."""
        self.servers[number].kill()

    def start(self, number: int) -> None:
        """Again, on the directory that it had."""
        self.servers[number] = self._start(number)

    def pause(self, number: int) -> None:
        """It does nothing from now on, and nobody is told."""
        os.kill(self.servers[number].process.pid, signal.SIGSTOP)

    def resume(self, number: int) -> None:
        """It goes on where it was, as if no time had passed."""
        os.kill(self.servers[number].process.pid, signal.SIGCONT)

    def seals(self) -> list[Seal]:
        """All, in their order."""
        rows = self.ask("SELECT who, size, note FROM public.sealed ORDER BY size")
        return [Seal(int(who.rpartition("-")[2]), size, note) for who, size, note in rows]

    def sealed(self) -> int:
        """How many entries are under the newest checkpoint."""
        return max((seal.size for seal in self.seals()), default=0)

    def sealer(self) -> int:
        """Which server sealed last; waits for the first."""
        self.wait_for(lambda: bool(self.seals()))
        return self.seals()[-1].who

    def wait_for(self, happened: Callable[[], bool], seconds: float = SECONDS) -> None:
        """Until it has; not for ever."""
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline, [server.log.read_text()[-2000:] for server in self.servers]
            time.sleep(0.05)

    def look(self) -> None:
        """Keep what is published in the servers' directories now: a note may be there that is in no table."""
        for server in self.servers:
            path = server.data / "checkpoint"
            if path.exists():
                self.notes.add(path.read_bytes())

    def prove(self) -> int:
        """`affidavit verify` says proven, and whatever was signed is of one history.

        Returns how many entries of clients there are.
        """
        self.look()
        proven = prove(self.servers[0].data)
        hashes = [entry for (entry,) in self.ask("SELECT hash FROM affidavit.placed ORDER BY position")]
        signed = self.notes | {seal.note for seal in self.seals()}
        assert signed
        for head in (parse_checkpoint(parse_note(note).text) for note in signed):
            assert head.root == root_of(hashes[: head.size]), f"another history was signed at {head.size}"
        return proven

    def close(self) -> None:
        """Whoever still runs is killed, paused or not."""
        for server in self.servers:
            server.kill()
