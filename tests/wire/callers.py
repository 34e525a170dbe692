"""Clients of a server, in any dialect and workspace."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.fault.keeping import of_clients
from tests.invoking import invoke
from tests.running import Running

SECONDS = 60


def credential(dialect: str, token: str) -> dict[str, str]:
    """The header that a dialect's clients show their key in."""
    return {"X-API-Key": token} if dialect == "trenchcoat" else {"Authorization": f"Bearer {token}"}


def entries(data: Path) -> int:
    """How many entries of clients the ledger has. All of it is verified for that."""
    outcome = invoke("verify", "--data", data)
    assert outcome.code == 0, outcome.stdout
    return of_clients(data)


class Callers:
    """Clients, made when they are first asked for; workspaces too."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self._workspaces = {"default"}
        self._clients: dict[tuple[str, str], httpx.Client] = {}

    def __call__(self, dialect: str, workspace: str = "default") -> httpx.Client:
        """A client with a key for everything."""
        if (dialect, workspace) not in self._clients:
            self._clients[dialect, workspace] = self.client(credential(dialect, self.key(dialect, workspace)["key"]))
        return self._clients[dialect, workspace]

    def client(self, headers: dict[str, str] | None = None) -> httpx.Client:
        """A client that sends these headers. Whoever asked for it closes it."""
        return httpx.Client(base_url=self.server.base_url, headers=headers, timeout=SECONDS)

    def key(self, dialect: str, workspace: str = "default", *options: str) -> dict[str, str]:
        """Another key, as `affidavit key create --json` prints it."""
        if workspace not in self._workspaces:
            assert invoke("workspace", "create", workspace, "--data", self.server.data).code == 0
            self._workspaces.add(workspace)
        scopes = () if "--scope" in options else ("--scope", "*")
        arguments = (
            "--dialect", dialect, "--workspace", workspace, "--data", self.server.data, "--json", *scopes, *options,
        )  # fmt: skip
        outcome = invoke("key", "create", *arguments)
        assert outcome.code == 0, outcome.stderr
        made: dict[str, str] = json.loads(outcome.stdout)
        return made

    def close(self) -> None:
        """Close every client."""
        for client in self._clients.values():
            client.close()
