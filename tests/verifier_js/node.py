"""The JavaScript verifier, driven over many bundles in one process of Node."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from affidavit import verifier
from tests.evidence.cases import Auditor

NODE = shutil.which("node")
PROGRAM = Path(verifier.__file__).with_name("affidavit_verify.mjs")
DRIVER = Path(__file__).with_name("driver.mjs")
Report = dict[str, Any]
MESSAGES = ("proven", "asserted", "not_proven", "problems")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


class Node:
    """One process, which verifies one bundle after the other."""

    def __init__(self) -> None:
        assert NODE is not None
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([NODE, DRIVER, PROGRAM], stdin=pipe, stdout=pipe, text=True)

    def report(self, auditor: Auditor, bundle: bytes, *, like: str = "program") -> Report:
        """What the verifier says. `like`: "program", or "page" for what a browser runs."""
        assert self._process.stdin
        assert self._process.stdout
        asked = {
            "as": like,
            "bundle": _base64(bundle),
            "keys": auditor.keys,
            "policies": [_base64(auditor.policy.encode())] if auditor.policy else [],
            "held": [_base64(note) for note in auditor.held],
            "receipts": [_base64(note) for note in auditor.receipts],
            "maxAge": auditor.max_age,
            "complete": auditor.complete,
            "now": auditor.now,
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        report: Report = json.loads(self._process.stdout.readline())
        return report

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=30)


def without_messages(report: Report) -> Report:
    """A report as every verifier must give it: messages are for people."""
    lists = {
        name: [{key: value for key, value in row.items() if key != "message"} for row in report[name]]
        for name in MESSAGES
    }
    return report | lists


def compare(node: Node, auditor: Auditor, bundle: bytes, python: str) -> None:
    """Fails unless the verifier in JavaScript, in Node and in a page, reports what the one in Python did."""
    for like in ("program", "page"):
        found = node.report(auditor, bundle, like=like)
        assert without_messages(found) == without_messages(json.loads(python)), (like, found, python)
