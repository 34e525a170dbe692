"""docs/formats/bundle.md and the verifier have the same codes, exit codes, fields and limits."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from affidavit.core import bundle
from affidavit.verifier import affidavit_verify
from tests.evidence import cases

PAGE = (Path(__file__).parents[2] / "docs" / "formats" / "bundle.md").read_text()
SOURCE = Path(affidavit_verify.__file__).read_text()


def section(title: str) -> str:
    """What stands under a heading."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of its tables."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]


def test_codes_of_problems() -> None:
    documented = {}
    for *_, codes, exit_code in rows(section("Verification")):
        for code in re.findall("`([a-z-]+)`", codes):
            documented[code] = int(exit_code)
    raised = {*re.findall(r'Malformed\(\s*"([a-z-]+)"', SOURCE), *affidavit_verify.LINE_CODES.values()}
    noted = set(re.findall(r'(?:problem|incomplete)\(\s*"([a-z-]+)"', SOURCE))
    policy = affidavit_verify.POLICY_CODES
    assert policy <= noted
    assert documented == dict.fromkeys(raised, 2) | dict.fromkeys(noted - policy, 1) | dict.fromkeys(policy, 3)


def test_codes_of_lists() -> None:
    documented: dict[str, set[str]] = {"proven": set(), "asserted": set(), "not_proven": set()}
    name = ""
    for first, code, *_ in rows(section("Report"))[1:]:
        name = first or name
        if name in documented:
            documented[name].add(code.strip("`"))
    variables = {"proven": "proven", "asserted": "asserted", "open_": "not_proven"}
    found: dict[str, set[str]] = {"proven": set(), "asserted": set(), "not_proven": set()}
    for call in ast.walk(ast.parse(SOURCE)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in variables:
            (item,) = call.args
            assert isinstance(item, ast.Tuple)
            code = ast.literal_eval(item.elts[0])
            found[variables[call.func.id]].add(code)
    assert found == documented


def test_fields_of_the_report() -> None:
    table = section("Report").split("| list |")[0]
    documented = [name for first, *_ in rows(table) for name in re.findall("`([a-z_]+)`", first)]
    assert list(json.loads(affidavit_verify.as_json(cases.auditor(cases.Ledger()).report(b"")))) == documented


def test_steps_are_those_of_the_program() -> None:
    documented = re.findall(r"^\| (\d+)\. ", section("Verification"), re.MULTILINE)
    assert documented == [str(number) for number in range(20)]
    told = affidavit_verify.__doc__ or ""
    for number, name in re.findall(r"^\| (\d+)\. (\w+)", section("Verification"), re.MULTILINE)[1:]:
        assert re.search(rf" {number} (?:[a-z]+ )*{name}", told), (number, name)


def test_what_makes_and_what_verifies_mean_the_same() -> None:
    assert affidavit_verify.LEDGER_CHAIN.decode() == bundle.LEDGER_CHAIN.hex()
    assert bundle.LEDGER_CHAIN.hex() in PAGE
    assert affidavit_verify.FORMAT == bundle.FORMAT
    assert (affidavit_verify.SMALL_BYTES, affidavit_verify.MOST_EARLIER) == (bundle.MAX_SMALL_BYTES, bundle.MAX_EARLIER)
