"""Whom an auditor trusts: ledgers, witnesses, and how many of these must have seen a checkpoint (C2SP tlog-policy).

    log <verifier key> [<url>]
    witness <name> <verifier key> [<url>]
    group <name> <a number | any | all> <names of witnesses and groups above>...
    quorum <the name of a witness or a group above | none>

Lines end in line feeds, blanks and tabs part the words, `#` begins a comment line. See docs/formats/checkpoint.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from affidavit.core.note import Verified
from affidavit.core.notekey import COSIGNATURE, ED25519, VerifierKey, parse_verifier_key
from affidavit.errors import MalformedKey, MalformedPolicy

MAX_POLICY_BYTES: Final = 1 << 20
NONE: Final = "none"
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


class Peer(msgspec.Struct, frozen=True):
    """A ledger's key or a witness's, and where it is found; `url` empty where the policy has none."""

    key: VerifierKey
    url: str


class Group(msgspec.Struct, frozen=True):
    """It has seen a checkpoint when `threshold` of its members have."""

    threshold: int
    members: tuple[str, ...]


class Policy(msgspec.Struct, frozen=True):
    """A policy in its parts. Witnesses and groups by name, groups in the file's order. `quorum`: a name, or NONE."""

    logs: tuple[Peer, ...]
    witnesses: Mapping[str, Peer]
    groups: Mapping[str, Group]
    quorum: str

    @property
    def keys(self) -> list[VerifierKey]:
        """All keys to verify notes with."""
        return [peer.key for peer in (*self.logs, *self.witnesses.values())]

    def seen_by(self, verified: Iterable[Verified]) -> set[str]:
        """The names of the witnesses and groups that have seen the checkpoint these keys signed."""
        keys = {signer.key for signer in verified}
        seen = {name for name, peer in self.witnesses.items() if peer.key in keys}
        for name, group in self.groups.items():  # members stand above their groups
            if len(seen.intersection(group.members)) >= group.threshold:
                seen.add(name)
        return seen

    def is_met_by(self, verified: Iterable[Verified]) -> bool:
        """Whether the quorum has seen the checkpoint that these keys signed."""
        return self.quorum == NONE or self.quorum in self.seen_by(verified)


def parse_policy(data: bytes) -> Policy:
    """Read a policy. Raises MalformedPolicy, which says in which line what is wrong."""
    if len(data) > MAX_POLICY_BYTES:
        raise MalformedPolicy(f"the policy has {len(data):,} bytes, the limit is {MAX_POLICY_BYTES:,}")
    if found := _FORBIDDEN.search(data):
        raise MalformedPolicy(f"the policy holds the control character {found[0]!r}, byte {found.start()}: remove it")
    reader = _Reader()
    # Names are octets: those that are not UTF-8 are kept too, and differ as the octets do.
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = [word for word in re.split("[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.read(words)
        except (MalformedPolicy, MalformedKey) as error:
            raise MalformedPolicy(f"line {number} of the policy: {error}") from None
    return reader.policy()


class _Reader:
    """The lines so far."""

    def __init__(self) -> None:
        self._logs: list[Peer] = []
        self._witnesses: dict[str, Peer] = {}
        self._groups: dict[str, Group] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def policy(self) -> Policy:
        if self._quorum is None:
            raise MalformedPolicy("the policy has no quorum line: add `quorum <name>`, or `quorum none`")
        return Policy(tuple(self._logs), self._witnesses, self._groups, self._quorum)

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) <= 1:
                self._logs.append(_peer(key, ED25519, url, self._logs))
            case ["witness", name, key, *url] if len(url) <= 1:
                self._check_new(name)
                self._witnesses[name] = _peer(key, COSIGNATURE, url, self._witnesses.values())
            case ["group", name, threshold, *members] if members:
                self._check_new(name)
                self._groups[name] = self._group(threshold, members)
            case ["quorum", name]:
                if self._quorum is not None:
                    raise MalformedPolicy("there is a quorum line already: keep one")
                if name != NONE:
                    self._check_known(name)
                self._quorum = name
            case _:
                raise MalformedPolicy(
                    "it is not one of log, witness, group and quorum with the words that belong to it"
                )

    def _group(self, threshold: str, members: list[str]) -> Group:
        for member in members:
            self._check_known(member)
            if member in self._members:
                raise MalformedPolicy(f"{member!r} is a member already: a name may count only once")
            self._members.add(member)
        least = {"any": "1", "all": str(len(members))}.get(threshold, threshold)
        if not _THRESHOLD.fullmatch(least) or int(least) > len(members):
            raise MalformedPolicy(f"{threshold!r} is not any, all, or a number from 1 to {len(members)}, its members")
        return Group(int(least), tuple(members))

    def _check_new(self, name: str) -> None:
        if name == NONE or name in self._witnesses or name in self._groups:
            raise MalformedPolicy(f"the name {name!r} is taken: choose another")

    def _check_known(self, name: str) -> None:
        if name not in self._witnesses and name not in self._groups:
            raise MalformedPolicy(f"no witness or group above is named {name!r}")


def _peer(text: str, algorithm: int, url: list[str], others: Iterable[Peer]) -> Peer:
    key = parse_verifier_key(text)
    if key.algorithm != algorithm:
        raise MalformedPolicy(f"the key {key.name} is of algorithm {key.algorithm}, where {algorithm} belongs")
    if any(other.key.public == key.public for other in others):
        raise MalformedPolicy(f"the key {key.name} is there already, maybe under another name: list it once")
    return Peer(key, "".join(url))
