"""Requests to others: witnesses, time-stamping authorities. They are asked, and not trusted.

No redirect is followed and no proxy asked: what is posted goes where it was told to go, or nowhere. Certificates of
HTTPS are verified as this system does. Each step has its time; how long all of them may take is the caller's to say.
"""

from __future__ import annotations

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

import msgspec

from affidavit.errors import NotAnswered, SettingError

MAX_ANSWER_BYTES: Final = 64 << 10


class Reply(msgspec.Struct, frozen=True):
    """`kind`: its Content-Type without parameters."""

    status: int
    kind: str
    body: bytes

    def refusal(self) -> NotAnswered:
        """The error for an answer that is of no use, with what it says."""
        words = self.body[:200].decode("utf-8", "replace").strip()
        return NotAnswered(f"it answered {self.status}: {words}")


class Remote:
    """One URL, and a connection to it that is kept between requests. One thread at a time."""

    def __init__(self, url: str, seconds: float) -> None:
        """`seconds`: for each step, such as connecting. Raises SettingError for what is no http or https URL."""
        try:
            parts = urlsplit(url)
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError:
            parts, self._host = urlsplit(""), ""
        if parts.scheme not in ("http", "https") or not self._host or "@" in parts.netloc or parts.fragment:
            raise SettingError(f"{url!r} is no URL to post to: write https://, a host, and a path where there is one")
        self._is_tls = parts.scheme == "https"
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._seconds = seconds
        self._kept: HTTPConnection | None = None

    def post(self, body: bytes, kind: str) -> Reply:
        """The answer, whatever its status. Raises NotAnswered where there is none, or more than MAX_ANSWER_BYTES."""
        kept, self._kept = self._kept, None
        try:
            if kept is not None:
                try:
                    return self._exchange(kept, body, kind)
                except TimeoutError:
                    raise
                except (OSError, HTTPException):  # a server may end what rests: that is no fault
                    kept.close()
            return self._exchange(self._connection(), body, kind)
        except (OSError, HTTPException, ValueError) as error:
            raise NotAnswered(f"it does not answer as it must: {error or type(error).__name__}") from error

    def close(self) -> None:
        """Let go of the connection."""
        if self._kept is not None:
            self._kept.close()

    def _exchange(self, connection: HTTPConnection, body: bytes, kind: str) -> Reply:
        try:
            connection.request("POST", self._path, body, {"Content-Type": kind, "User-Agent": "affidavit"})
            response = connection.getresponse()
            data = response.read(MAX_ANSWER_BYTES + 1)
            if len(data) > MAX_ANSWER_BYTES:
                raise NotAnswered(f"it answers with more than {MAX_ANSWER_BYTES:,} bytes")
            if response.length:
                raise NotAnswered("its answer ends too early")
            if response.isclosed() and not response.will_close:
                self._kept = connection
            return Reply(response.status, response.headers.get_content_type(), data)
        finally:
            if self._kept is None:
                connection.close()

    def _connection(self) -> HTTPConnection:
        if self._is_tls:
            context = ssl.create_default_context()
            return HTTPSConnection(self._host, self._port, timeout=self._seconds, context=context)
        return HTTPConnection(self._host, self._port, timeout=self._seconds)
