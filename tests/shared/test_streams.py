"""What is recorded through one server is told at all of them: streams, `affidavit tail`, erasures."""

from __future__ import annotations

import subprocess

import httpx

from tests.running import PROGRAM, Running, run
from tests.shared.conftest import MakeFleet
from tests.tables import ask


def record(server: Running, word: str) -> str:
    """An event of AgentLens's; gives its entry's id."""
    event = {"sessionId": "s1", "agentId": "a1", "eventType": "custom", "payload": {"type": word, "data": {}}}
    key = {"Authorization": f"Bearer {server.key('agentlens')}"}
    answer = httpx.post(f"{server.base_url}/api/events", json={"events": [event]}, headers=key, timeout=30)
    assert answer.status_code == 201, answer.text
    identity: str = answer.json()["events"][0]["id"]
    return identity


def test_a_stream_at_one_server_tells_what_others_record(make_fleet: MakeFleet, database: str) -> None:
    here, there = make_fleet(database, 2).servers
    key = {"Authorization": f"Bearer {here.key('agentlens')}"}
    with httpx.stream("GET", f"{here.base_url}/api/stream", headers=key, timeout=30) as stream:
        lines = stream.iter_lines()
        next(lines)  # it listens
        told = ""
        for number in range(3):
            identity = record(there if number % 2 == 0 else here, f"word-{number}")
            while identity not in told:
                told += next(lines)
    order = [told.index(f"word-{number}") for number in range(3)]
    assert order == sorted(order)
    assert [told.count(f"word-{number}") for number in range(3)] == [1, 1, 1]


def test_tail_follows_what_any_server_records(make_fleet: MakeFleet, database: str) -> None:
    here, there = make_fleet(database, 2).servers
    with subprocess.Popen(
        [PROGRAM, "tail", "--follow", "--json", "--data", here.data], stdout=subprocess.PIPE, text=True
    ) as tail:
        assert tail.stdout is not None
        record(there, "word-1")
        record(here, "word-2")
        seen = ""
        while "word-1" not in seen or "word-2" not in seen:
            line = tail.stdout.readline()
            assert line, "it ended"
            seen += line
        tail.kill()


def test_what_one_server_erased_is_gone_at_the_other(make_fleet: MakeFleet, database: str) -> None:
    here, there = make_fleet(database, 2).servers
    identity = record(there, "word-1")
    key = {"Authorization": f"Bearer {here.key('agentlens')}"}
    url = f"{here.base_url}/api/events?sessionId=s1"
    assert "word-1" in httpx.get(url, headers=key, timeout=30).text
    erased = run("erase", identity, "--reason", "asked for", "--authority", "a test", "--data", there.data)
    assert erased.returncode == 0, erased.stderr
    assert "word-1" not in httpx.get(url, headers=key, timeout=30).text
    assert ask(here.data, "SELECT count(*) FROM affidavit.entries WHERE octet_length(payload) = 0") == [(1,)]
