"""The bodies on the vendor's page "Ingest Events", as they stand there."""

EVENT = b"""{
  "agent_id": "my-agent",
  "action_type": "TOOL_CALL",
  "action_name": "search_database",
  "action_input": {"query": "revenue Q4"},
  "action_output": {"results": 42},
  "action_status": "success",
  "timestamp": "2026-02-17T10:30:00Z",
  "duration_ms": 150,
  "labels": {"env": "prod"},
  "metadata": {"model": "claude-sonnet-4-5-20250929"}
}"""

CURL_EVENT = b"""{
    "agent_id": "my-agent",
    "action_type": "TOOL_CALL",
    "action_name": "search_database",
    "action_status": "success"
  }"""

BATCH = b"""[
  {
    "agent_id": "my-agent",
    "action_type": "TOOL_CALL",
    "action_name": "search",
    "action_status": "success"
  },
  {
    "agent_id": "my-agent",
    "action_type": "TOOL_RESULT",
    "action_name": "search",
    "action_status": "success",
    "action_output": {"results": 42}
  }
]"""

CURL_BATCH = b"""[
    {"agent_id": "a1", "action_type": "TOOL_CALL", "action_name": "search", "action_status": "success"},
    {"agent_id": "a1", "action_type": "TOOL_RESULT", "action_name": "search", "action_status": "success"}
  ]"""
