"""Whom a ledger asks about its checkpoints, from the settings."""

from __future__ import annotations

from pathlib import Path

from affidavit.core.policy import Policy, parse_policy
from affidavit.errors import MalformedPolicy, SettingError
from affidavit.ledger.store import Store
from affidavit.ledger.tree import Tree
from affidavit.server.cosigning import RemoteWitness
from affidavit.server.gathering import Gathering, Source
from affidavit.server.remote import Remote
from affidavit.server.timestamping import RemoteAuthority
from affidavit.settings import Settings


def policy_of(settings: Settings) -> Policy | None:
    """The witnesses that the operator has chosen; None where there are none. Raises SettingError."""
    if not settings.witnesses:
        return None
    path = Path(settings.witnesses)
    try:
        policy = parse_policy(path.read_bytes())
    except OSError as error:
        raise SettingError(f"witnesses: {path} cannot be read: {error.strerror}") from None
    except MalformedPolicy as error:
        raise SettingError(f"witnesses: {path}: {error}") from None
    if not any(peer.url for peer in policy.witnesses.values()):
        raise SettingError(
            f"witnesses: {path} names no witness with a URL: write `witness <name> <verifier key> <url>`"
        )
    return policy


def gathering_of(store: Store, tree: Tree, settings: Settings) -> Gathering:
    """The thread for it, which does not run yet. Raises SettingError."""
    policy = policy_of(settings)
    sources: list[Source] = []
    for peer in policy.witnesses.values() if policy else ():
        if peer.url:
            remote = Remote(f"{peer.url.rstrip('/')}/add-checkpoint", settings.answer_seconds)
            sources.append(RemoteWitness(peer.key, remote, tree.consistency, store.add_cosignature))
    if settings.timestamp_url:
        remote = Remote(settings.timestamp_url, settings.answer_seconds)
        rest = 60.0 * settings.timestamp_minutes
        sources.append(RemoteAuthority(settings.timestamp_url, remote, rest, store.add_timestamp))
    return Gathering(sources, settings.answer_seconds)
