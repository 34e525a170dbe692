"""The operators change what they say, one thing at a time; the run finds who survives."""

from __future__ import annotations

import pytest

from tests.mutation.operators import mutants

CASES = {
    "raise ValueError\n": ["pass"],
    "f(a)\n": ["pass"],
    "x += a\n": ["pass"],
    "x = a and b and c\n": ["x = b and c", "x = a and c", "x = a and b"],
    "x = not a\n": ["x = a"],
    "x = a < b\n": ["x = a <= b"],
    "x = a <= b < c\n": ["x = a < b < c", "x = a <= b <= c"],
    "x = a in b\n": ["x = a not in b"],
    "x = a + b\n": ["x = a - b"],
    "x = 7\n": ["x = 8"],
    "x = a if b else c\n": ["x = a if True else c", "x = a if False else c"],
    "if a:\n    x\n": ["if True:\n    x", "if False:\n    x"],
    "if (m := a):\n    m\n": ["if ((m := a), True)[1]:\n    m", "if ((m := a), False)[1]:\n    m"],
    "while a:\n    x\n": ["while False:\n    x"],
    "def f(x: Literal[1]) -> Literal[2]:\n    return True\n": [],
    'x = "text"\n': [],
}


@pytest.mark.parametrize("source", CASES)
def test_what_becomes_of(source: str) -> None:
    assert [mutant.source.strip() for mutant in mutants(source)] == CASES[source]


def test_each_has_one_change_and_says_where() -> None:
    source = "def f(a):\n    if a < 1:\n        raise ValueError\n    return a + 2\n"
    found = list(mutants(source))
    assert len({mutant.source for mutant in found}) == len(found) == 7
    assert [mutant.line for mutant in found] == [2, 2, 2, 2, 3, 4, 4]
