"""Attacks by who holds a key, or has no key that counts. What `affidavit verify FILE` says: docs/attacks.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.attacks.on_bundles import CHAIN
from tests.attacks.scene import DAY, OTHER, QUORUM, WITNESSES, Brought, Grown, grown, old
from tests.evidence import cases
from tests.evidence.cases import ALL, ONE, START, Auditor, Ledger
from tests.evidence.test_failures import patch

NOW = START // 1_000_000
Attack = Callable[[], Brought]


def signed(ground: Grown, **demands: Any) -> Brought:
    """A whole ledger, as its signer signed it, to who trusts our ledger's key."""
    return Brought(cases.auditor(grown().ledger, **demands), ground.ledger.bundle(ALL), grown().ledger.bundle(ALL))


def forged(forge: Callable[[Ledger], None]) -> Attack:
    """The signer changes entries, and signs for the first time then."""

    def attack() -> Brought:
        ground = grown(sealed=False)
        forge(ground.ledger)
        ground.ledger.seal()
        return signed(ground)

    return attack


def fork(ledger: Ledger) -> None:
    """Entries 1 and 3 both go on from entry 0, and 7 from 1."""
    first, second = ledger.store.scan(0, 2)
    ledger.forge(3, seq=2, prev=first.hash)
    ledger.forge(7, seq=3, prev=second.hash)


def transplant(ledger: Ledger) -> None:
    """The chain is another ledger's."""
    theirs = grown(OTHER).ledger.store.scan(0, 1_000)
    for position in CHAIN:
        ledger.forge(position, prev=theirs[position].prev)


def rewritten(**demands: Any) -> Attack:
    """The signer rewrites everything: another payload, and all that hangs on it."""
    return lambda: signed(grown(second=9), **demands)


def rewritten_longer() -> Brought:
    """The same, and the ledger has grown since."""
    return signed(grown(second=9, third=10), held=[newest(grown())])


def newest(ground: Grown) -> bytes:
    """Its newest checkpoint."""
    checkpoint = ground.ledger.store.checkpoint()
    assert checkpoint is not None
    return checkpoint.note


def rolled_back() -> Brought:
    """An old backup was put back."""
    return signed(old(), held=[newest(grown())])


def gone_on() -> Brought:
    """An old backup was put back, and the ledger went on from there, to another entry 7, 8 and 9."""
    ground = old()
    ground.ledger.record("one", {"n": 70}, {"n": 80}, {"n": 90})
    ground.ledger.seal()
    return signed(ground, held=[newest(grown())])


def one_against(held: Callable[[], bytes]) -> Brought:
    """A bundle of a chain, to who holds a checkpoint."""
    return grown().brought(ONE, held=[held()])


def cosigned(*lines: str, **demands: Any) -> Attack:
    """Lines are put under the checkpoint; both witnesses are demanded."""

    def attack() -> Brought:
        ground = grown()
        more = "".join(lines).encode()

        def change(members: cases.Members) -> None:
            members["checkpoint"] += more

        policy = f"log {ground.ledger.key}\n{QUORUM}"
        return ground.brought(ALL, change, policy=policy, now=NOW + 60, **demands)

    return attack


def one_key_twice() -> Brought:
    """A policy in which one witness's key goes by two names: one cosignature would count for two."""
    twice = f"log {Ledger().key}\n" + "".join(f"witness w{n} {WITNESSES[0].key}\n" for n in (0, 1))
    return grown().brought(ALL, policy=f"{twice}group both all w0 w1\nquorum both\n")


def line(witness: int, ledger: Ledger | None = None, seconds: int = NOW) -> str:
    """A witness's cosignature."""
    return (ledger or grown().ledger).cosign(WITNESSES[witness], seconds)


def earlier_signature(members: cases.Members) -> None:
    """The lines under the earlier checkpoint stand under the newest one's text."""
    members["checkpoint"] = members["checkpoint"].partition(b"\n\n")[0] + b"\n\n" + grown().first.partition(b"\n\n")[2]


def named_by_a_stranger() -> Brought:
    """Who trusts neither key gets a note in which a stranger's names the one that signed."""
    ground = grown(second=9)
    note = Ledger(seed=9).signer.hand_over(ground.ledger.signer.verifier_key)
    honest = ground.ledger.bundle(ALL)
    members = cases.members_of(honest) | {"keys/1": note}
    return Brought(Auditor([Ledger(seed=7).key]), cases.packed(members), honest)


KEYS: dict[str, Attack] = {
    "The same name with another key": lambda: signed(grown(seed=2, second=9)),
    "Another ledger's name and key": lambda: signed(grown(OTHER, second=9)),
    "The signature of another checkpoint": lambda: grown().brought(ALL, earlier_signature),
    "Another name before the signature": lambda: grown().brought(
        ALL, patch("checkpoint", "— test.example".encode(), "— best.example".encode())
    ),
    "A key that only a stranger's key has named": named_by_a_stranger,
    "A fork by two writers, signed": forged(fork),
    "A number left out of a chain, signed": forged(lambda ledger: ledger.forge(7, seq=5)),
    "A chain transplanted from another ledger, signed": forged(transplant),
    "A backdated entry, signed": forged(lambda ledger: ledger.forge(7, at=START)),
    "Everything rewritten": rewritten(),
    "Everything rewritten, for who holds the checkpoint of that size": rewritten(held=[newest(grown())]),
    "Everything rewritten, for who holds an earlier checkpoint": rewritten(held=[grown().first]),
    "Everything rewritten and gone on, for who holds a checkpoint": rewritten_longer,
    "Everything rewritten, for who holds a receipt": rewritten(receipts=[grown().receipt]),
    "Everything rewritten, where witnesses are demanded": rewritten(
        policy=f"log {Ledger().key}\n{QUORUM}", now=NOW
    ),
    "An old backup put back, for who holds a newer checkpoint": rolled_back,
    "An old backup put back and gone on, for who holds a checkpoint": gone_on,
    "Two roots for one size": lambda: one_against(lambda: newest(grown(second=9))),
    "A held checkpoint that the bundle does not lead to": lambda: one_against(lambda: grown().first),
    "A cosignature of another checkpoint": cosigned(line(0), line(1, grown(second=9).ledger)),
    "A cosignature twice": cosigned(line(0), line(0)),
    "A cosignature copied under another's name": cosigned(line(0), line(0).replace("/1 ", "/2 ")),
    "One witness's key under two names, in the policy": one_key_twice,
    "A witness's checkpoint too old for the policy": cosigned(line(0), line(1, seconds=NOW - 2 * DAY), max_age=DAY),
    "A checkpoint too old": lambda: grown().brought(ALL, max_age=DAY, now=NOW + 2 * DAY),
}  # fmt: skip
