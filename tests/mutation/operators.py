"""The small changes that a test must notice, made on a module's syntax tree, one at a time.

    raise       a `raise` goes
    call        a call made for its effect goes, and so does a `yield` or an augmented assignment
    branch      the condition of an `if`, a `while` or a conditional expression is always true, or never
    side        `and`, `or` lose one of their sides; `not` goes
    comparison  < and <=, > and >=, == and !=, `in`, `is` and their opposites change places
    arithmetic  + and -, * and //, << and >>, | and & change places
    number      a whole number is one more

Not made: other texts and byte strings (messages, regular expressions), arguments left out or in another order, changes
of two places at once. Annotations and docstrings are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import NamedTuple

Fix = Callable[[], None]
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


class Mutant(NamedTuple):
    """A module with one change. `line`: where, from 1; `what`: the operator, and what became of what."""

    line: int
    what: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, top to bottom."""
    count = len(list(_changes(ast.parse(source))))
    for number in range(count):
        tree = ast.parse(source)
        line, what, apply = list(_changes(tree))[number]
        apply()
        yield Mutant(line, what, ast.unparse(ast.fix_missing_locations(tree)) + "\n")


Change = tuple[int, str, Fix]


def _changes(tree: ast.Module) -> Iterator[Change]:
    """What can be changed, in the order of the source; each may be applied once, and none after another."""
    found = [change for parent in _code(tree) for change in _of(parent)]
    yield from sorted(found, key=lambda change: change[0])


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """The node and everything in it that runs: no annotations, nothing under TYPE_CHECKING."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _code(child)


def _of(parent: ast.AST) -> Iterator[Change]:
    for name, value in ast.iter_fields(parent):
        if name in ("annotation", "returns"):
            continue
        if isinstance(value, list):
            for at, child in enumerate(value):
                if isinstance(child, ast.AST):
                    yield from _replacements(child, lambda new, at=at, value=value: value.__setitem__(at, new))
        elif isinstance(value, ast.AST):
            yield from _replacements(value, lambda new, name=name: setattr(parent, name, new))


def _replacements(node: ast.AST, put: Callable[[ast.AST], None]) -> Iterator[Change]:
    """What can stand in a node's place, or be changed in it."""
    for what, new in _others(node):
        # An operand is put in its parent's place: copied, for it must not be there twice.
        yield getattr(node, "lineno", 0), f"{what}: {_short(node)}", lambda new=new: put(deepcopy(new))


def _others(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Raise():
            yield "raise", ast.Pass()
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield "call", ast.Pass()
        case ast.BoolOp(op=op, values=values):
            for at in range(len(values)):
                rest = [*values[:at], *values[at + 1 :]]
                left = rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
                yield f"side {at + 1} gone", left
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "side", operand
        case ast.Compare(left=left, ops=ops, comparators=right):
            for at, op in enumerate(ops):
                if other := _COMPARISONS.get(type(op)):
                    yield f"comparison {at + 1}", ast.Compare(left, [*ops[:at], other(), *ops[at + 1 :]], right)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            yield "arithmetic", ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            yield "number", ast.Constant(value + 1)
        case ast.If(test=test, body=body, orelse=other):
            yield "branch always", ast.If(_always(test, True), body, other)
            yield "branch never", ast.If(_always(test, False), body, other)
        case ast.IfExp(test=test, body=value, orelse=default):
            yield "branch always", ast.IfExp(_always(test, True), value, default)
            yield "branch never", ast.IfExp(_always(test, False), value, default)
        case ast.While(test=test, body=body):
            yield "branch never", ast.While(_always(test, False), body, [])


def _always(test: ast.expr, outcome: bool) -> ast.expr:
    """A condition whose outcome is known. What it assigns on the way is still assigned."""
    assigns = any(isinstance(part, ast.NamedExpr) for part in ast.walk(test))
    if not assigns:
        return ast.Constant(outcome)
    pair = ast.Tuple([test, ast.Constant(outcome)], ast.Load())
    return ast.Subscript(pair, ast.Constant(1), ast.Load())


def _short(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:100]
