"""Seal, erase, hold, release over HTTP: what is done, by whom, to whose entries, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from affidavit.core.checkpoint import open_checkpoint
from affidavit.core.notekey import parse_verifier_key
from tests.storing import Storing
from tests.wire.callers import Callers, entries

WHY = {"reason": "asked for by the person", "authority": "DPO, case 7"}
NOBODYS = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory, storing: Storing) -> Iterator[Callers]:
    """It is sealed once an hour, and whenever that is ordered."""
    running = storing.start(tmp_path_factory.mktemp("orders") / "data", environment={"AFFIDAVIT_SEAL_SECONDS": "3600"})
    made = Callers(running)
    yield made
    made.close()
    assert running.stop() == 0
    entries(running.data)  # all of it holds


@pytest.fixture
def client(callers: Callers) -> httpx.Client:
    """With a key for everything."""
    return callers("affidavit")


def report(callers: Callers, agent: str, workspace: str = "default") -> dict[str, Any]:
    """An entry, as the native API shows it."""
    body = {"agent_id": agent, "labels": {"said": f"the secret of {agent}"}}
    posted = callers("provenlog", workspace).post("/v1/events", json=body)
    shown: dict[str, Any] = callers("affidavit", workspace).get(f"/v1/affidavit/entries/{posted.json()['id']}").json()
    return shown


def erase(client: httpx.Client, *ids: str, **more: Any) -> httpx.Response:
    return client.post("/v1/affidavit/erase", json={"entries": list(ids), **WHY, **more})


def hold(client: httpx.Client, *chains: str) -> httpx.Response:
    return client.post("/v1/affidavit/holds", json={"chains": list(chains), **WHY})


def release(client: httpx.Client, chain: str) -> httpx.Response:
    return client.delete("/v1/affidavit/holds", params={"chain": chain, **WHY})


def test_a_checkpoint_is_signed_when_it_is_ordered(callers: Callers, client: httpx.Client) -> None:
    position = report(callers, "sealed")["position"]
    sealed = client.post("/v1/affidavit/seal")
    key = parse_verifier_key(client.get("/ledger/key").text.strip())
    head = open_checkpoint(sealed.json()["checkpoint"].encode(), [key]).head
    assert head.size == sealed.json()["size"] > position
    assert client.get(f"/v1/affidavit/entries/{position}/proof").status_code == 200
    assert client.post("/v1/affidavit/seal").json() == sealed.json()


def test_an_empty_ledger_has_nothing_to_seal(tmp_path: Any, storing: Storing) -> None:
    running = storing.start(tmp_path / "data")
    made = Callers(running)
    assert made("affidavit").post("/v1/affidavit/seal").json() == {"size": 0, "checkpoint": None}
    made.close()
    assert running.stop() == 0


def test_what_is_erased_is_gone_and_its_proof_holds(callers: Callers, client: httpx.Client) -> None:
    one, two = report(callers, "erased"), report(callers, "erased")
    done = erase(client, one["id"], two["ulid"]).json()
    assert (set(done["erased"]), done["already"], done["copies_left"]) == ({one["id"], two["id"]}, [], 0)
    shown = client.get(f"/v1/affidavit/entries/{one['id']}").json()
    assert (shown["erased"], shown["payload"], shown["header"]) == (True, None, one["header"])
    client.post("/v1/affidavit/seal")
    assert client.get(f"/v1/affidavit/entries/{one['id']}/proof").status_code == 200
    assert b"secret of erased" not in b"".join(
        file.read_bytes() for file in callers.server.data.iterdir() if file.is_file()
    )
    again = erase(client, one["id"], two["id"]).json()
    assert (again["erased"], set(again["already"]), again["entries"]) == ([], {one["id"], two["id"]}, [])


def test_it_says_who_ordered_it(callers: Callers, client: httpx.Client) -> None:
    chain = report(callers, "who")["chain"]
    hold(client, chain)
    (held,) = [each for each in client.get("/v1/affidavit/holds").json()["holds"] if each["chain"] == chain]
    assert (held["reason"], held["dialect"], held["key"]) == (WHY["reason"], "provenlog", "who")
    assert held["authority"].startswith(WHY["authority"] + " (key_")


def test_a_hold_keeps_entries_until_it_is_released(callers: Callers, client: httpx.Client) -> None:
    entry = report(callers, "held")
    assert hold(client, entry["chain"]).json()["chains"] == [entry["chain"]]
    again = hold(client, entry["chain"]).json()
    assert (again["chains"], again["already"], again["entries"]) == ([], [entry["chain"]], [])
    refused = erase(client, entry["id"], report(callers, "not held")["id"])
    assert (refused.status_code, "legal hold" in refused.json()["error"]) == (409, True)
    assert client.get(f"/v1/affidavit/entries/{entry['id']}").json() == entry
    assert release(client, entry["chain"]).json()["chains"] == [entry["chain"]]
    assert entry["chain"] not in [each["chain"] for each in client.get("/v1/affidavit/holds").json()["holds"]]
    assert erase(client, entry["id"]).json()["erased"] == [entry["id"]]


def test_holds_in_pages(callers: Callers) -> None:
    client = callers("affidavit", "pages")
    chains = sorted(report(callers, agent, "pages")["chain"] for agent in "abcde")
    hold(client, *chains)
    found, cursor = [], ""
    while cursor is not None:
        page = client.get("/v1/affidavit/holds", params={"limit": 2, "cursor": cursor}).json()
        found += [held["chain"] for held in page["holds"]]
        cursor = page["next"]
    assert found == chains


def test_another_workspaces_entries_are_not_there(callers: Callers, client: httpx.Client) -> None:
    theirs = report(callers, "theirs", "other")
    mine = report(callers, "mine")
    for named in (theirs["id"], NOBODYS):
        refused = erase(client, mine["id"], named)
        assert (refused.status_code, refused.json()["error"].replace(named, "")) == (
            404, "there is no entry : nothing was erased",
        )  # fmt: skip
    for chain in (theirs["chain"], "5a" * 16):
        for refused in (hold(client, chain), release(client, chain)):
            assert (refused.status_code, refused.json()["error"].replace(chain, "")) == (
                404, "there is no chain : nothing was changed",
            )  # fmt: skip
    assert callers("affidavit", "other").get(f"/v1/affidavit/entries/{theirs['id']}").json() == theirs
    assert client.get(f"/v1/affidavit/entries/{mine['id']}").json() == mine


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", {"entries": []}, {"entries": "x"}, {"entries": [1]}, {"entries": ["x"]},
     {"entries": [NOBODYS] * 1_001}, {"reason": ""}, {"reason": " \n"}, {"reason": 1}, {"reason": "x" * 901},
     {"authority": None}, {"authority": "x" * 901}],
)  # fmt: skip
def test_orders_that_are_none(client: httpx.Client, body: Any) -> None:
    if isinstance(body, bytes):
        refused = client.post("/v1/affidavit/erase", content=body)
    else:
        refused = client.post("/v1/affidavit/erase", json={"entries": [NOBODYS], **WHY, **body})
    assert (refused.status_code, refused.json()["status"]) == (400, 400)


@pytest.mark.parametrize("chain", ["", "x", "5a", "5A" * 17])
def test_chains_that_are_none(client: httpx.Client, chain: str) -> None:
    assert hold(client, chain).status_code == 400
    assert release(client, chain).status_code == 400
    assert client.get("/v1/affidavit/holds", params={"cursor": chain or "z"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [("POST", "/v1/affidavit/seal", "seal"), ("POST", "/v1/affidavit/erase", "erase"),
     ("POST", "/v1/affidavit/holds", "hold"), ("DELETE", "/v1/affidavit/holds", "hold"),
     ("GET", "/v1/affidavit/holds", "hold"), ("GET", "/ledger/bundle", "ledger")],
)  # fmt: skip
def test_each_needs_its_own_scope(callers: Callers, method: str, path: str, scope: str) -> None:
    others = [other for other in ("read", "evidence", "seal", "erase", "hold", "ledger") if other != scope]
    usual = callers.server.new_key("affidavit")["key"]
    for key in (usual, callers.server.key("affidavit", others)):
        refused = httpx.request(method, callers.server.base_url + path, headers={"Authorization": f"Bearer {key}"})
        assert (refused.status_code, scope in refused.json()["error"]) == (403, True)
    key = callers.server.key("affidavit", [scope])
    answer = httpx.request(method, callers.server.base_url + path, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code in (200, 400)
    assert httpx.request(method, callers.server.base_url + path).status_code == 401
