"""What Trenchcoat's events say about their agents: the table in docs/scores.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from affidavit.dialects.trenchcoat.translate import tool_of
from affidavit.dialects.trenchcoat.wire import data_of, form_of
from affidavit.dialects.typenames import is_number
from affidavit.model.draft import storable
from affidavit.model.evidence import Evidence


def evidence(payload: Any) -> Evidence | None:
    """What an event says about its agent. Raises ValueError for what was never accepted as an event.

    A result is a success unless it says otherwise; a call alone says nothing of how it ended.
    """
    try:
        kind, data = payload[form_of(payload).kind], data_of(payload)
        duration = data.get("duration_ms")
        failed = kind == "error" or (kind == "tool_result" and _says_failed(data))
        return Evidence(
            "failure" if failed else "success" if kind == "tool_result" else "neutral",
            storable(kind),
            tool=tool_of(data),
            latency_ms=duration if is_number(duration) else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a Trenchcoat event: {error!r}") from None


def _says_failed(data: Mapping[str, Any]) -> bool:
    """Whether a result says that it is an error: the plugin's `is_error`, and what other clients are known to send."""
    if data.get("is_error") is True or data.get("success") is False:
        return True
    error = data.get("error")
    return not (error is None or error is False or error == "")
