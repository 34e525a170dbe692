"""The bodies on the vendor's page "Events", as they stand there."""

CURL_EVENTS = b"""{
    "events": [
      {
        "event_type": "session_start",
        "session_id": "550e8400-e29b-41d4-a716-446655440000",
        "timestamp": "2024-01-15T10:30:00Z",
        "data": {}
      },
      {
        "event_type": "tool_use",
        "session_id": "550e8400-e29b-41d4-a716-446655440000",
        "timestamp": "2024-01-15T10:30:15Z",
        "data": {
          "tool_name": "Read",
          "tool_input_preview": "/src/components/dashboard/Sidebar.tsx"
        }
      }
    ]
  }"""

BODY = b"""{
  "events": [
    {
      "event_type": "tool_use",
      "session_id": "550e8400-e29b-41d4-a716-446655440000",
      "timestamp": "2024-01-15T10:30:00Z",
      "data": {
        "tool_name": "Read",
        "tool_input_preview": "/src/components/dashboard/Sidebar.tsx"
      }
    }
  ]
}"""

VALIDATION_ERROR = b"""{
  "error": {
    "code": "VALIDATION_ERROR",
    "message": "Request body is invalid.",
    "details": [
      {
        "field": "events[0].session_id",
        "message": "Invalid UUID format"
      },
      {
        "field": "events[2].event_type",
        "message": "Invalid enum value. Expected one of: session_start, session_end, tool_use, tool_result, subagent_stop, assistant_stop"
      }
    ]
  }
}"""  # noqa: E501

TOO_LARGE = b"""{
  "error": {
    "code": "VALIDATION_ERROR",
    "message": "Batch size exceeds limit of 1000 events per request."
  }
}"""

TYPES = ("session_start", "session_end", "tool_use", "tool_result", "subagent_stop", "assistant_stop")
