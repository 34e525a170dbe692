"""Who may import whom (ARCHITECTURE.md), read from the source with the standard library alone.

`breaches` gives a sentence for every import that the table does not allow. Imports inside functions and behind
TYPE_CHECKING count too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "affidavit"
ANYTHING = "anything"
_ACCESSORIES = "model core errors"

MAY_IMPORT: dict[str, str] = {
    "errors": "",
    "core": "errors",
    "model": "core errors",
    "settings": "errors",
    "verifier": "",
    "ledger": _ACCESSORIES,
    "access": _ACCESSORIES,
    "dialects": _ACCESSORIES,
    "reputation": _ACCESSORIES,
    "client": _ACCESSORIES,
    "storage": f"ledger access reputation {_ACCESSORIES}",
    "server": f"dialects ledger access reputation {_ACCESSORIES}",
    "web": f"dialects ledger access reputation {_ACCESSORIES}",
    "witness": "server ledger core errors",
    "wiring": ANYTHING,
    "cli": ANYTHING,
}
"""What a part may import besides itself, the package's version, and others' libraries."""

STRANGERS = ("storage", "dialects")
"""Parts whose folders may not import each other: what they share lies beside them, in modules."""

PURE = ("core", "model", "dialects", "reputation")
"""Parts that do no I/O, read no clock and draw no randomness."""
EFFECTS = {
    "asyncio", "concurrent", "ctypes", "fcntl", "glob", "http", "io", "logging", "mmap", "multiprocessing", "os",
    "pathlib", "queue", "random", "sched", "secrets", "select", "selectors", "shutil", "signal", "socket",
    "socketserver", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib",
    "apsw", "click", "httptools", "httpx", "psycopg", "starlette", "structlog", "uvicorn", "uvloop",
}  # fmt: skip
"""Modules that a pure part may not import."""

EFFECTFUL = {"open", "input", "print", "now", "utcnow", "today", "uuid1", "uuid4", "uuid7"}
"""Functions and methods that a pure part may not call; they need no telling import."""

Use = tuple[str, int]
"""(dotted name of what is imported or called, line)."""


def breaches(root: Path) -> list[str]:
    """One sentence for each import under `root` (the package's folder) that is not allowed."""
    found = []
    for file in sorted(root.rglob("*.py")):
        where = f"{root.name}/{file.relative_to(root)}"
        module = ".".join((PACKAGE, *file.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")
        tree = ast.parse(file.read_text())
        for target, line in _imports(tree, module if file.name == "__init__.py" else module.rpartition(".")[0]):
            if reason := _reason(root, module, target):
                found.append(f"{where}, line {line}, imports {target}, but {reason}.")
        if _part(module) in PURE:
            found += [f"{where}, line {line}, calls {name}(), but {_impure(module)}." for name, line in _calls(tree)]
    return found


def _reason(root: Path, module: str, target: str) -> str | None:
    """Why the import is not allowed; None if it is."""
    part, other = _part(module), _part(target)
    if not target.startswith(f"{PACKAGE}."):
        return _impure(module) if part in PURE and target.split(".")[0] in EFFECTS else None
    if part == "" or other == "__version__":
        return None
    if part not in MAY_IMPORT:
        return f"{part} has no row in the table: give it one in ARCHITECTURE.md and in tests/architecture.py"
    if other == part:
        folder, other_folder = _folder(root, module), _folder(root, target)
        if part in STRANGERS and folder and other_folder and folder != other_folder:
            return f"{part}/{folder} and {part}/{other_folder} are strangers: move what both need into {part} itself"
        return None
    allowed = MAY_IMPORT[part]
    if allowed == ANYTHING or other in allowed.split():
        return None
    only = f"only {', '.join(allowed.split())}" if allowed else "nothing of the package"
    return f"{part} may import {only}: move what it needs there, or have wiring hand it in"


def _impure(module: str) -> str:
    return f"{_part(module)} does no I/O, reads no clock and draws no randomness: have its caller hand in the value"


def _part(name: str) -> str:
    return [*name.split("."), ""][1]


def _folder(root: Path, name: str) -> str:
    """The folder of its part that a dotted name lies in: sqlite for affidavit.storage.sqlite.rows."""
    _, part, step, *_ = [*name.split("."), "", ""]
    return step if step and (root / part / step).is_dir() else ""


def _imports(tree: ast.AST, package: str) -> Iterator[Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            steps = package.split(".")
            above = steps[: len(steps) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__") and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value, node.lineno


def _calls(tree: ast.AST) -> Iterator[Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _called(node)) in EFFECTFUL:
            yield name, node.lineno


def _called(node: ast.Call) -> str:
    """The last name of what is called: now for datetime.now(...)."""
    return ast.unparse(node.func).rpartition(".")[2]
