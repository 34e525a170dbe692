"""Every knob: name, default, unit, meaning. Read once from flags and environment, and handed down."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from affidavit.errors import SettingError


def _knob(default: Any, meaning: str, *, secret: bool = False) -> Any:
    """`secret`: its value may have a password in it."""
    return field(default=default, metadata={"meaning": meaning}, repr=not secret)


_MAY_BE_ZERO = ("port", "rate_per_minute", "address_rate_per_minute", "retention_days")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose. Each is also AFFIDAVIT_<NAME> in the environment; docs/settings.md lists them."""

    data: Path = _knob(Path("./affidavit-data"), "directory of the ledger's files")
    store: str = _knob(
        "",
        "URL of the PostgreSQL that the ledger is in, postgresql://...; without it, that is the directory",
        secret=True,
    )
    read_store: str = _knob("", "URL of a copy of it that clients' reads are answered from", secret=True)
    store_connections: int = _knob(
        12, "connections to PostgreSQL at most, beside the one that commits; to the copy as many"
    )
    host: str = _knob("127.0.0.1", "address to listen on")
    port: int = _knob(7600, "port to listen on; 0 lets the system choose")
    open: bool = _knob(False, "ask for no key; refused on any address but loopback")
    port_for: str = _knob("", "listeners of a dialect's own, such as agentlens=3400,pecta=8080")
    body_bytes: int = _knob(16 << 20, "largest request body, before and after decompression")
    inflight_bytes: int = _knob(128 << 20, "bytes of all request bodies in memory at once; more are answered 503")
    head_seconds: int = _knob(10, "time a client has to send a request's head, and a new connection to begin")
    body_seconds: int = _knob(60, "time a client has to send a request's body, or to take an answer")
    idle_seconds: int = _knob(75, "time a connection may rest between requests")
    drain_seconds: int = _knob(10, "time that requests under way get to finish at shutdown")
    rate_per_minute: int = _knob(1_000_000, "requests that a key may send in a minute; 0 for no limit")
    address_rate_per_minute: int = _knob(
        6_000, "requests without a good key that an address (of IPv6 a /64) may send in a minute; 0 for no limit"
    )
    public_reads: bool = _knob(True, "whether what a vendor makes public (ASN) may be read without a key")
    public_evidence: bool = _knob(
        False, "whether the ledger's checkpoints, keys and tiles, which hold no payload, may be read without a key"
    )
    retention_days: int = _knob(
        0, "days after which entries are erased, unless under legal hold; 0 keeps them for ever"
    )
    read_threads: int = _knob(4, "reads that run at once")
    read_seconds: int = _knob(10, "time that a client's read may take; what takes longer is answered 503")
    seal_seconds: int = _knob(1, "time between two checkpoints, while there is something new")
    heads_seconds: int = _knob(
        10, "time between two entries with the heads of all chains, while there is something new"
    )
    witnesses: str = _knob(
        "", "file with a tlog-policy whose witnesses, those with a URL, are asked to cosign checkpoints"
    )
    timestamp_url: str = _knob("", "URL of a time-stamping authority (RFC 3161) for checkpoints")
    timestamp_minutes: int = _knob(60, "time between two time stamps at least")
    answer_seconds: int = _knob(10, "time that a witness or an authority has to answer")

    def __post_init__(self) -> None:
        for knob in fields(self):
            value = getattr(self, knob.name)
            if isinstance(value, int) and not isinstance(value, bool) and knob.name not in _MAY_BE_ZERO and value < 1:
                raise SettingError(f"{knob.name} is {value}: it must be at least 1")
        for name in _MAY_BE_ZERO[1:]:
            if getattr(self, name) < 0:
                raise SettingError(f"{name} is {getattr(self, name)}: it must be 0 or more")
        if not 0 <= self.port <= 65535:
            raise SettingError(f"port is {self.port}: it must be between 0 and 65535")
        if self.open and not is_loopback(self.host):
            raise SettingError(
                f"--open asks nobody for a key, so it listens on loopback only, not on {self.host}: "
                "leave --open away, or use --host 127.0.0.1"
            )


def is_loopback(host: str) -> bool:
    """Whether a host name or address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_settings(environment: Mapping[str, str], flags: Mapping[str, Any]) -> Settings:
    """Flags win over the environment, the environment over the defaults. A flag that is None was not given.

    Raises SettingError naming the variable and what it takes.
    """
    chosen: dict[str, Any] = {}
    for knob in fields(Settings):
        variable = f"AFFIDAVIT_{knob.name.upper()}"
        if flags.get(knob.name) is not None:
            chosen[knob.name] = flags[knob.name]
        elif environment.get(variable):
            chosen[knob.name] = _value(variable, environment[variable], type(knob.default))
    return Settings(**chosen)


def _value(variable: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off"}:
            return False
        raise SettingError(f"{variable} is {text!r}: write 1 or 0")
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise SettingError(f"{variable} is {text!r}: it must be a whole number") from None
    return Path(text) if issubclass(kind, Path) else text
