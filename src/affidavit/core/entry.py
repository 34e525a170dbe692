"""The entry: one recorded event. Its header, its hash, its link, its payload commitment.

The header is one line of canonical JSON whose every field has a fixed alphabet, so that formatting it is
canonicalising it. It holds no client text and is never erased. See docs/formats/entry.md.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

import msgspec

FORMAT_VERSION: Final = 1
SALT_BYTES: Final = 16
OPEN_KEY: Final = "open"
"""The header's `by` where the server asks for no key."""
UNPLACED: Final = -1
"""The position of an entry that was committed where positions are given afterwards, and was not read since."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A recorded event. The fields are one row of a store, in its order.

    `position` from 0, or UNPLACED. `at` and `time` in µs since 1970. `id`, `chain`, `salt` 16 bytes; `prev`, `hash`,
    `commitment` 32 bytes.
    From `workspace` on, nothing is in the header: these are the ledger's projections of the payload, rebuilt and
    compared by `verify`.
    """

    position: int
    chain: bytes
    seq: int
    at: int
    id: bytes
    by: str
    dialect: str
    prev: bytes
    hash: bytes
    commitment: bytes
    salt: bytes
    payload: bytes
    workspace: int
    agent: str | None
    session: str | None
    type: str
    severity: str | None
    time: int

    @property
    def erased(self) -> bool:
        """Whether its payload and salt were erased, and every projection with them. `time` is `at` then."""
        return not self.salt and not self.payload

    @property
    def header(self) -> bytes:
        """The header line, rebuilt from the fields."""
        return header(self.at, self.by, self.chain, self.dialect, self.id, self.commitment, self.prev, self.seq)


def header(
    at: int, by: str, chain: bytes, dialect: str, identity: bytes, commitment: bytes, prev: bytes, seq: int
) -> bytes:
    """The header line: canonical JSON by construction (keys sorted, no character that needs an escape).

    `by` and `dialect` must satisfy `is_name`. Where a damaged store holds something else there is still a line, so
    that its hash can be found to differ.
    """
    i = identity.hex()
    return (
        f'{{"at":{at},"by":"{by}","chain":"{chain.hex()}","dialect":"{dialect}",'
        f'"id":"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}",'
        f'"payload":"{commitment.hex()}","prev":"{prev.hex()}","seq":{seq},"v":{FORMAT_VERSION}}}'
    ).encode("ascii", "backslashreplace")


def is_name(text: str) -> bool:
    """Whether the text may stand in a header: 1 to 64 letters, digits, `_`, `.` and `-`, all ASCII."""
    return _NAME.fullmatch(text) is not None


def entry_hash(header_line: bytes) -> bytes:
    """SHA-256(0x00 ‖ header): the link of the chain and the leaf of the tree (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + header_line).digest()


_PAYLOAD_DOMAIN = sha256(b"affidavit/payload/v1\x00")


def payload_commitment(salt: bytes, payload: bytes) -> bytes:
    """SHA-256("affidavit/payload/v1\\0" ‖ salt ‖ payload): hides the payload, so that it can be erased."""
    digest = _PAYLOAD_DOMAIN.copy()
    digest.update(salt + payload)
    return digest.digest()


def chain_id(workspace_salt: bytes, dialect: str, chain_key: str) -> bytes:
    """16 bytes that name a chain without telling its key to those who do not know the workspace's salt."""
    key = chain_key.encode("utf-8", "surrogatepass")
    return sha256(b"affidavit/chain/v1\x00" + workspace_salt + dialect.encode() + b"\x00" + key).digest()[:16]


def genesis(origin: str, chain: bytes) -> bytes:
    """The `prev` of a chain's first entry: ties the chain to this ledger and to itself."""
    return sha256(b"affidavit/genesis/v1\x00" + origin.encode() + b"\x00" + chain).digest()
