"""The page's examples over real HTTP, verbatim but for host and key."""

from __future__ import annotations

import json

import httpx

from tests.dialects.asn import page
from tests.running import Running


def test_the_pages_examples(server: Running) -> None:
    headers = {"Authorization": f"Bearer {server.key('asn')}", "Content-Type": "application/json"}
    with httpx.Client(base_url=server.base_url, headers=headers) as client:
        agent = {"name": "scanner", "class": "A", "asn": page.ASN}
        assert client.post("/api/v1/agents", json=agent).status_code == 201
        reported = client.post("/api/v1/activity/report", content=page.REPORT)
        assert (reported.status_code, list(reported.json())) == (201, page.REPORTED)
        batch = client.post("/api/v1/activity/report/batch", content=page.BATCH)
        assert (batch.status_code, batch.json()["accepted"]) == (201, 2)
        activity = client.get(page.ACTIVITY, params=page.ACTIVITY_QUERY)
        assert activity.status_code == 200
        assert [event["metadata"]["task_id"] for event in activity.json()["data"]] == ["scan-43", "scan-42", "scan-42"]
        assert activity.json()["data"][-1]["metadata"] == json.loads(page.REPORT)["metadata"]
        assert activity.json()["pagination"] == {"page": 1, "per_page": 20, "total": 3, "total_pages": 1}
