"""What a witness is asked, from the public scripts of one: signatures and consistency proofs, taken or refused."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

import pytest

from affidavit.core.checkpoint import TreeHead, open_checkpoint, parse_checkpoint
from affidavit.core.merkle import verify_consistency
from affidavit.core.note import parse_note
from affidavit.core.notekey import ED25519, VerifierKey
from affidavit.errors import BadSignature

SCRIPT = (
    Path(__file__).parents[3]
    / "shared/vectors/tlog-witness/cmd/litewitness/testdata/litewitness.txt"
)  # fmt: skip
LOG = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
KEY = VerifierKey(LOG, ED25519, bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"))

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the public vectors are not here")


def asked() -> list[tuple[bytes, int, str]]:
    """(request body, status of the answer, what is asserted of its body), in the order of the script."""
    found = re.findall(
        r"add-checkpoint\n```\n(.*?)```\nHTTP (\d+)\n\[Asserts\]\n(.*?)\n", SCRIPT.read_text(), re.DOTALL
    )
    return [(body.encode(), int(status), asserted) for body, status, asserted in found]


def test_the_script_has_what_is_checked() -> None:
    assert [status for _, status, _ in asked()] == [200, 403, 403, 422, 422, 200, 409, 200, 409]


def test_signatures_and_proofs_are_judged_as_that_witness_does() -> None:
    heads: dict[int, TreeHead] = {}
    for body, status, asserted in asked():
        head, _, data = body.partition(b"\n\n")
        old_line, *lines = head.decode().split("\n")
        old, hashes = int(old_line.removeprefix("old ")), [b64decode(line) for line in lines]
        if status == 403:
            with pytest.raises(BadSignature):
                open_checkpoint(data, [KEY])
            assert ("unknown log" in asserted) == (parse_checkpoint(parse_note(data).text).origin != LOG)
            continue
        new = open_checkpoint(data, [KEY]).head
        if status == 409:
            assert old != max(heads)
            continue
        holds = old == 0 or verify_consistency(old, heads[old].root, new.size, new.root, hashes)
        assert holds == (status == 200), asserted
        if status == 200:
            heads[new.size] = new
    assert sorted(heads) == [1, 3, 5]
