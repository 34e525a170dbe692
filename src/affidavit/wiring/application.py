"""The applications of a server: one for each listener, all over the same ledger."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from affidavit import dialects
from affidavit.access.admission import Admission
from affidavit.access.rates import Rates
from affidavit.ledger.asking import Asking, home_of
from affidavit.ledger.reader import VerifiedChains
from affidavit.ledger.repeats import REMEMBERED
from affidavit.ledger.scores import Scores
from affidavit.ledger.tree import Tree
from affidavit.model.draft import Workspace
from affidavit.server.app import App, Memory
from affidavit.server.append import Appender
from affidavit.server.bodies import Bodies
from affidavit.server.documents import Documents, read_documents
from affidavit.server.downloads import Downloads
from affidavit.server.endpoints import Endpoints
from affidavit.server.erasing import Erasing
from affidavit.server.gate import Gate
from affidavit.server.limits import Budget
from affidavit.server.live import Live
from affidavit.server.log import RequestLog
from affidavit.server.lookups import Lookups
from affidavit.server.orders import Orders
from affidavit.server.preferences import Preferences
from affidavit.server.recording import Recording
from affidavit.server.router import Router
from affidavit.server.sealing import Checkpoints
from affidavit.server.threads import Threads
from affidavit.settings import Settings
from affidavit.wiring.evidence import proving_of, receipt_signed
from affidavit.wiring.ledger import DEFAULT_WORKSPACE, Ledger, workspace_named
from affidavit.wiring.scores import note_committed
from affidavit.wiring.secrets import master_secret, signing_secrets
from affidavit.wiring.signing import receipts_signer

VISITORS_PART = 4
"""Answers to those without a key may have a quarter of what those with a key have."""


class Pools(msgspec.Struct, frozen=True):
    """Threads, which are strangers: whoever waits in one keeps nobody waiting in another.

    decoders  of large bodies
    readers   of what clients ask
    checkers  of what is asked before something is recorded, or answered
    makers    of files that are sent while they are made
    porters   of who comes, where the ledger is across a network: whose key it is; and whether it answers at all
    """

    decoders: Threads
    readers: Threads
    checkers: Threads
    makers: Threads
    porters: Threads


def applications(
    settings: Settings,
    store: Ledger,
    shown: Ledger,
    tree: Tree,
    appender: Appender,
    live: Live,
    checkpoints: Checkpoints,
    erasing: Erasing,
    pools: Pools,
    requests: RequestLog,
    names: Iterable[str],
    scores: Scores,
) -> dict[str, App]:
    """An application for each name: a dialect's, which has its paths for everybody there, or "" for all alike.

    `shown`: what clients' reads look into, which is the store or a copy of it.
    """
    known = dialects.load()
    receipts = receipts_signer(settings.data, store.origin)
    proofs = proving_of(store, tree, settings.data, receipts, known.values())
    bodies = Bodies(pools.decoders, settings.body_bytes)

    def reading(asked: Ledger) -> Callable[[Workspace, int], Asking]:
        verified = VerifiedChains(store.origin)  # of this one: a copy is behind
        return lambda workspace, now: Asking(asked, workspace, verified, scores, store.workspaces, now, tree, proofs)

    recorded_in = reading(store)
    recording = Recording(
        appender,
        bodies,
        Preferences(checkpoints.over, partial(receipt_signed, receipts, store.origin), pools.checkers),
        reading=recorded_in,
        committed=lambda entries: note_committed(scores, entries),
        recorded=lambda once, now: bool(store.repeats([once.key], now - REMEMBERED)),
        secret=signing_secrets(master_secret(settings.data, store)),
        entropy=os.urandom,
        decoders=pools.decoders,
        checkers=pools.checkers,
    )
    endpoints = Endpoints(
        _gate(settings, store, pools.porters),
        recording,
        live,
        Orders(store, appender.append, erasing, checkpoints, pools.readers),
        Downloads(pools.makers),
        bodies,
        reading=recorded_in if shown is store else reading(shown),
        readers=pools.readers,
    )
    most = max(settings.inflight_bytes, settings.body_bytes)
    memory = Memory(
        bodies=Budget(most, "too many large requests at once"),
        answers=Budget(most, "too many large answers at once"),
        visitor_answers=Budget(most // VISITORS_PART, "too many large answers without a key at once"),
    )

    async def ready() -> None:
        appender.check()
        await pools.porters.run(store.ping)

    documents = Documents(read_documents(dialects.packages()))
    return {
        name: App(Router(known.values(), name or None), endpoints, documents, memory, requests, ready=ready)
        for name in names
    }


def _gate(settings: Settings, store: Ledger, porters: Threads) -> Gate:
    default = workspace_named(store, DEFAULT_WORKSPACE)
    admission = Admission(store, time.time, everyone=default if settings.open else None)
    return Gate(
        admission=admission,
        rates=Rates(settings.rate_per_minute, time.time),
        visitors=Rates(settings.address_rate_per_minute, time.time),
        public=default,
        public_reads=settings.public_reads,
        home=lambda dialect, key: home_of(store, store.workspaces(), dialect, key),
        public_evidence=settings.public_evidence,
        lookups=Lookups(admission.look_up, porters) if store.shared else None,
    )
