"""Where the key of a stream may stand."""

from __future__ import annotations

import httpx
import pytest

from affidavit.dialects.agentlens import DIALECT
from tests.running import Running

(STREAM,) = DIALECT.streams


@pytest.mark.parametrize(
    ("header", "token", "counts"),
    [
        (None, None, None),
        (None, "", None),
        (None, "als_1", "Bearer als_1"),
        ("Bearer als_2", "als_1", "Bearer als_2"),
        ("Bearer eyJ.x.y", "als_1", "Bearer als_1"),
        ("Basic als_2", "als_1", "Bearer als_1"),
        ("Bearer als_2", None, "Bearer als_2"),
    ],
)
def test_a_key_in_the_header_counts_before_one_in_the_url(
    header: str | None, token: str | None, counts: str | None
) -> None:
    headers = {"host": "x"} | ({} if header is None else {"authorization": header})
    headed = STREAM.headed(headers, {} if token is None else {"token": token})
    assert headed.get("authorization") == counts
    assert headed["host"] == "x"


def test_the_token_is_a_key_like_any_other(server: Running) -> None:
    token, writer = server.key("agentlens"), server.key("agentlens", ["write"])
    url = f"{server.base_url}/api/stream?token="
    assert httpx.head(url + token).status_code == 200
    assert httpx.head(url + writer).status_code == 403
    assert httpx.get(url + "als_nobodys").json()["error"] == "Invalid or revoked API key"
    assert httpx.get(url + "nothing").json()["error"] == "Invalid token"
    assert httpx.get(f"{server.base_url}/api/events?token={token}").status_code == 401
    log = server.log.read_text()
    assert '"route":"/api/stream"' in log
    assert token not in log
