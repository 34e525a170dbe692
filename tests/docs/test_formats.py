"""docs/formats/ is right: its shell blocks print what stands below them, its examples and codes are the program's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from affidavit.core import canonical, ids, verify
from affidavit.core.entry import chain_id, entry_hash, genesis, header, payload_commitment
from affidavit.errors import InvalidJson
from tests.docs import examples
from tests.docs.examples import FORMATS


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """What each shell block of entry.md prints."""
    return examples.run("entry.md")


def test_the_worked_example_prints_what_it_says(printed: list[str]) -> None:
    for (block, expected), output in zip(examples.blocks_of("entry.md"), printed, strict=True):
        assert output == expected, block


def test_the_worked_example_is_what_the_program_computes(printed: list[str]) -> None:
    """From the inputs that the page names, not from its intermediate results."""
    shell = "".join(block for block, _ in examples.blocks_of("entry.md"))
    told = dict(line.split(maxsplit=1) for line in "".join(printed).splitlines() if re.match(r"[a-z_]+ ", line))
    headers = [line.encode() for line in "".join(printed).splitlines() if line.startswith("{")]

    def given(name: str) -> str:
        (value,) = re.findall(rf"^{name}='?([^'\n]*)'?$", shell, re.MULTILINE)
        return str(value)

    chain = chain_id(bytes.fromhex(given("workspace_salt")), "agentlens", "sess_01")
    start = genesis(given("origin"), chain)
    assert (chain.hex(), start.hex()) == (told["chain"], told["genesis"])

    page = (FORMATS / "entry.md").read_text()
    (sent,) = re.findall(r"Its client sent `(.*?)`", page)
    payload = canonical.encode(canonical.parse(sent.encode()))
    assert payload == given("payload").encode()
    commitment = payload_commitment(bytes.fromhex(given("salt")), payload)
    assert commitment.hex() == told["commitment"]

    identity, at = ids.parse(told["id"]), int(given("at"))
    assert identity is not None
    assert int.from_bytes(identity[:6], "big") == at // 1000
    line = header(at, "key_2f9c0a1b2c3d4e5f", chain, "agentlens", identity, commitment, start, 1)
    assert line == headers[0]
    assert entry_hash(line).hex() == told["hash"]

    second_payload = given("second_payload").encode()
    assert canonical.encode(canonical.parse(second_payload)) == second_payload
    commitment = payload_commitment(bytes.fromhex(given("second_salt")), second_payload)
    (identity,) = ids.Mint(identity).ids(1, 0, b"")
    line = header(at, "open", chain, "agentlens", identity, commitment, entry_hash(line), 2)
    assert line == headers[1]
    assert entry_hash(line).hex() == told["second_hash"]


def rows(document: str, width: int) -> list[list[str]]:
    """The table rows of a document with so many columns, without their headings."""
    lines = (FORMATS / document).read_text().splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return [row for row in cells if len(row) == width]


EXAMPLES = [
    (sent[1:-1], kept.strip("`")) for sent, kept in rows("canonical-json.md", 2) if kept[0] == "`" or kept == "refused"
]


@pytest.mark.parametrize(("sent", "kept"), EXAMPLES)
def test_the_examples_of_canonical_json(sent: str, kept: str) -> None:
    for parse in (canonical.parse, canonical.parse_exactly):
        if kept == "refused":
            with pytest.raises(InvalidJson):
                parse(sent.encode())
        else:
            assert canonical.encode(parse(sent.encode())).decode() == kept


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 20


def test_the_limits_are_the_programs() -> None:
    text = (FORMATS / "canonical-json.md").read_text()
    assert f"more than {canonical.MAX_DIGITS:,} digits" in text
    assert f"more than {canonical.MAX_DEPTH} levels" in text
    assert canonical.MAX_BODY_DEPTH - canonical.MAX_DEPTH == 2
    assert "two levels more" in text


def test_verification_is_described_step_by_step_and_code_by_code() -> None:
    """The same steps under the same numbers as in core/verify.py, and every code that there is."""
    steps = [(row[0], row[2].strip("`")) for row in rows("verification.md", 4)[1:]]
    in_code = re.findall(r"^ (\d)\. (\w+)", verify.__doc__ or "", re.MULTILINE)
    assert [step for step, _ in steps] == [f"{number}. {name}" for number, name in in_code]
    others = [row[0].strip("`") for row in rows("verification.md", 2)[1:]]
    assert [code for _, code in steps] + others == list(get_args(verify.Code))


@pytest.mark.parametrize("document", sorted(FORMATS.glob("*.md")), ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", document.read_text()):
        page = document.parent / target if target else document
        assert page.exists(), target
        headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
        assert not anchor or anchor in [
            re.sub(r"[^a-z0-9 -]", "", found.lower()).replace(" ", "-") for found in headings
        ]
