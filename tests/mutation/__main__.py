"""Mutation testing of what an auditor relies on: `./scripts/mutate [--seconds N] [MODULE...]`.

Runs in a copy of the tree (scripts/mutate makes it), never in the tree itself: each mutant is written over the module,
and the module's tests run against it in a forked process that has the libraries at hand. A mutant that no test notices
survives, and is printed. docs/attacks.md lists those that change nothing, with the reason.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from tests.mutation.operators import mutants

CORE = "tests/core"
ATTACKS, DIRECTORIES = "tests/attacks/test_attacks.py", "tests/attacks/test_directories.py"
BOUNDS = f"{CORE}/test_bounds.py"
EVIDENCE = [
    f"tests/evidence/test_{name}.py"
    for name in ("failures", "demands", "malformed", "bundles", "container", "program", "edges")
]
VERIFY = [BOUNDS, f"{CORE}/test_verify_fields.py", f"{CORE}/test_verify_ledger.py"]
TESTS: dict[str, Sequence[str]] = {
    "core/merkle": [f"{CORE}/test_merkle.py", f"{CORE}/test_multiproof.py"],
    "core/multiproof": [f"{CORE}/test_multiproof.py"],
    "core/note": [f"{CORE}/test_note.py", BOUNDS],
    "core/notekey": [f"{CORE}/test_note.py", BOUNDS],
    "core/lines": [f"{CORE}/test_checkpoint.py", f"{CORE}/test_proof.py", f"{CORE}/test_receipt.py"],
    "core/checkpoint": [f"{CORE}/test_checkpoint.py"],
    "core/receipt": [f"{CORE}/test_receipt.py"],
    "core/rotation": [f"{CORE}/test_rotation.py"],
    "core/proof": [BOUNDS, f"{CORE}/test_proof.py", f"{CORE}/test_witnessed_proofs.py"],
    "core/proposal": [f"{CORE}/test_proposal.py", BOUNDS],
    "core/policy": [f"{CORE}/test_policy.py"],
    "core/tiles": [f"{CORE}/test_tiles.py", BOUNDS],
    "core/entry": [f"{CORE}/test_entry.py", *VERIFY],
    "core/verify": [*VERIFY, DIRECTORIES],
    "core/erasures": [f"{CORE}/test_erasures.py", DIRECTORIES],
    "verifier/affidavit_verify": [ATTACKS, *EVIDENCE],
}
"""What is mutated, and the tests that must notice."""
SECONDS_A_MUTANT = 60
"""More than any module's tests need: what takes longer runs for ever, and has been noticed."""
LIBRARIES = ("pytest", "hypothesis", "msgspec", "cryptography.hazmat.primitives.asymmetric.ed25519", "apsw", "click")


def passes(tests: Sequence[str]) -> bool:
    """Whether these tests pass, in a process of their own. One that does not end has not passed."""
    child = os.fork()
    if child == 0:
        os.setsid()  # with whatever the tests start, so that all of it can be ended
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        import pytest

        os._exit(pytest.main(["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", *tests]))
    deadline = time.monotonic() + SECONDS_A_MUTANT
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def survivors(module: str, only: Sequence[str], seconds: float, chance: random.Random) -> int:
    """Try the mutants of a module in random order for so many seconds; prints who survives. Returns how many did.

    `only`: of operators that begin so.
    """
    file = Path("src/affidavit", f"{module}.py")
    source, tests = file.read_text(), TESTS[module]
    if not passes(tests):
        raise SystemExit(f"mutate: the tests of {module} do not pass as they are: {' '.join(tests)}")
    tried, alive, deadline = 0, [], time.monotonic() + seconds
    everyone = [mutant for mutant in mutants(source) if mutant.what.startswith(tuple(only))]
    for mutant in chance.sample(everyone, len(everyone)):
        if time.monotonic() > deadline:
            break
        file.write_text(mutant.source)
        for compiled in file.parent.glob(f"__pycache__/{file.stem}.*"):
            compiled.unlink()  # it is told by time and size whether it is current: too coarse here
        tried += 1
        if passes(tests):
            alive.append(mutant)
            print(f"  {module}.py:{mutant.line}: {mutant.what}", flush=True)
    file.write_text(source)
    print(f"{module}: {tried} of {len(everyone)} mutants tried, {len(alive)} survive", flush=True)
    return len(alive)


def main() -> int:
    """The program. Exit code 1 if a mutant survives."""
    parser = argparse.ArgumentParser("mutate", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(TESTS)}; all unless told")
    parser.add_argument("--seconds", type=float, default=600, help="for each module, at most; 600 unless told")
    parser.add_argument(
        "--only", action="append", default=[], help="operator, such as raise; repeatable; all unless told"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the order in which mutants are tried")
    given = parser.parse_args()
    if unknown := set(given.modules) - TESTS.keys():
        parser.error(f"{', '.join(sorted(unknown))} is not mutated here: choose from {', '.join(TESTS)}")
    for library in LIBRARIES:
        import_module(library)
    chance = random.Random(given.seed)
    alive = sum(survivors(module, given.only or [""], given.seconds, chance) for module in given.modules or TESTS)
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
