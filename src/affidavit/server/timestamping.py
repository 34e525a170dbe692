"""A time-stamping authority (RFC 3161), as the ledger that asks it sees it.

Its stamp says that a checkpoint existed at a time. Whether the authority is to be believed is for whoever verifies the
stamp: here it is only seen to that it is one, of this checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from cryptography.x509 import ObjectIdentifier
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, TimeStampResponse, decode_timestamp_response

from affidavit.core.note import parse_note
from affidavit.errors import NotAnswered
from affidavit.ledger.store import Checkpoint
from affidavit.server.remote import Remote

SHA256: Final = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_GRANTED = (0, 1)
"""PKIStatus: granted, granted with modifications."""

Keep = Callable[[int, bytes], None]
"""`Store.add_timestamp`."""


class RemoteAuthority:
    """A `Source` of time stamps."""

    def __init__(self, url: str, remote: Remote, rest_seconds: float, keep: Keep) -> None:
        """`rest_seconds`: between two stamps at least."""
        self.name = f"time-stamping authority {url}"
        self.rest_seconds = rest_seconds
        self._remote = remote
        self._keep = keep

    def ask(self, checkpoint: Checkpoint) -> bytes:
        """The TimeStampResp over the SHA-256 of the note's text, DER. Raises NotAnswered."""
        text = parse_note(checkpoint.note).text
        request = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
        reply = self._remote.post(request.as_bytes(), "application/timestamp-query")
        if reply.status != 200:
            raise reply.refusal()
        try:
            response = decode_timestamp_response(reply.body)
            if response.status not in _GRANTED:
                raise NotAnswered(f"it grants no stamp: status {response.status} {' '.join(response.status_string)}")
            if not _is_over(response, text) or response.tst_info.nonce != request.nonce:
                raise NotAnswered("its stamp is not of the checkpoint that it was sent")
        except ValueError as error:
            raise NotAnswered(f"what it answers is no time stamp: {error}") from error
        return reply.body

    def keep(self, checkpoint: Checkpoint, said: bytes) -> None:
        """Store the stamp. Raises StoreError."""
        self._keep(checkpoint.size, said)


def _is_over(response: TimeStampResponse, text: bytes) -> bool:
    imprint = response.tst_info.message_imprint
    return imprint.hash_algorithm == SHA256 and imprint.message == sha256(text).digest()
