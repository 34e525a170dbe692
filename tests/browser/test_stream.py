"""A page follows the stream with EventSource, which can send no header: its key is in the URL, and in no log."""

from __future__ import annotations

import httpx

from tests.browser.conftest import Visitor
from tests.running import Running

FOLLOW = """(token) => new Promise((resolve, reject) => {
  const source = new EventSource(`/api/stream?token=${token}&sessionId=seen-by-a-page`);
  const end = (settle, value) => { source.close(); settle(value); };
  source.addEventListener("error", () => end(reject, "refused"));
  source.addEventListener("heartbeat", () => fetch("/api/events", {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify({ events: [
      { sessionId: "seen-by-a-page", agentId: "a", eventType: "custom", payload: { type: "x", data: {} } },
    ] }),
  }));
  source.addEventListener("event", (event) => end(resolve, JSON.parse(event.data).sessionId));
})"""


def test_a_page_follows_the_stream(server: Running, visit: Visitor) -> None:
    token = server.key("agentlens")
    seen = visit(f"{server.base_url}/api/version")
    assert seen.page.evaluate(FOLLOW, token) == "seen-by-a-page"
    assert httpx.get(f"{server.base_url}/api/stream?token={token}x").status_code == 401
    assert httpx.get(f"{server.base_url}/api/version").status_code == 200  # what was before it is in the log by now
    log = server.log.read_text()
    assert '"route":"/api/stream"' in log
    assert token not in log
