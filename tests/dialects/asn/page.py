"""The examples on the vendor's page "Events API", as they stand there."""

ASN = "ASN-2026-0384-7721-A"

REPORT = b"""{
  "asn": "ASN-2026-0384-7721-A",
  "event_type": "task_completed",
  "severity": "info",
  "metadata": {
    "task_id": "scan-42",
    "duration_ms": 1230,
    "result": "3 vulnerabilities found"
  }
}"""

BATCH = b"""{
  "events": [
    {
      "asn": "ASN-2026-0384-7721-A",
      "event_type": "task_completed",
      "metadata": { "task_id": "scan-42" }
    },
    {
      "asn": "ASN-2026-0384-7721-A",
      "event_type": "task_completed",
      "metadata": { "task_id": "scan-43" }
    }
  ]
}"""

ACTIVITY = "/api/v1/agents/ASN-2026-0384-7721-A/activity"
ACTIVITY_QUERY = {"type": "task_completed", "page": "1", "per_page": "20"}

TYPES = ("task_completed", "task_failed", "error", "incident", "startup", "shutdown")
SEVERITIES = ("info", "warning", "error", "critical")
REPORTED = ["id", "agent_id", "event_type", "severity", "metadata", "reported_by", "created_at"]
"""Members of the answer to a report, in the page's order. A list of one agent's events has no `agent_id`."""
