"""The parts keep to the import table; and the test that says so finds what is planted."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests import architecture

SOURCE = Path(__file__).parents[1] / "src" / "affidavit"
STILL_TO_COME = {"client", "web"}
"""Parts that have a row before they have a file."""


def test_every_part_keeps_to_the_table() -> None:
    assert sum(1 for _ in SOURCE.rglob("*.py")) > 20, "the source is not where it was"
    assert not (found := architecture.breaches(SOURCE)), "\n".join(found)


def test_the_document_says_what_is_enforced() -> None:
    """The rows of ARCHITECTURE.md are those of `architecture.MAY_IMPORT`, but for the parts that are still to come."""
    document = (SOURCE.parents[1] / "ARCHITECTURE.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in document.splitlines() if line.startswith("| ")]
    written: set[str] = set()
    for parts, told in rows:
        names = {name.strip() for name in told.split(";")[0].split(",")} - {"nothing"}
        for part in parts.replace(" ", "").split(","):
            if part in architecture.MAY_IMPORT:
                assert names == set(architecture.MAY_IMPORT[part].split()), part
                written.add(part)
    assert architecture.MAY_IMPORT.keys() - written == STILL_TO_COME


def test_it_needs_the_standard_library_alone() -> None:
    """It runs, and can be trusted, where nothing is installed."""
    tree = ast.parse(Path(architecture.__file__).read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


CORE, MODEL, LEDGER, ONE = "core/entry.py", "model/draft.py", "ledger/store.py", "dialects/one/wire.py"
SQLITE, SERVER = "storage/sqlite/store.py", "server/app.py"

FORBIDDEN = [
    # file, source, what the sentence says
    (
        CORE,
        "from affidavit.ledger.store import Store",
        "imports affidavit.ledger.store.Store, but core may import only",
    ),
    (CORE, "import affidavit.model.draft", "but core may import only errors: move what it needs there"),
    (CORE, "from affidavit import storage", "imports affidavit.storage, but core may import only errors"),
    (CORE, "from ..model import draft", "imports affidavit.model.draft, but core"),
    ("core/__init__.py", "from ..model import draft", "imports affidavit.model.draft, but core"),
    (CORE, "def f():\n    import affidavit.cli", "line 2, imports affidavit.cli, but core"),
    (CORE, "if TYPE_CHECKING:\n    from affidavit.wiring import a", "line 2, imports affidavit.wiring.a, but core"),
    (CORE, "import importlib\nimportlib.import_module('affidavit.web')", "line 2, imports affidavit.web, but core"),
    (CORE, "import os", "imports os, but core does no I/O, reads no clock and draws no randomness"),
    (CORE, "import os.path as p", "imports os.path, but core does no I/O"),
    (CORE, "from time import time", "imports time.time, but core does no I/O"),
    (CORE, "from secrets import token_bytes", "imports secrets.token_bytes, but core"),
    (CORE, "import apsw", "imports apsw, but core does no I/O"),
    (CORE, "open('x')", "line 1, calls open(), but core does no I/O"),
    (CORE, "from datetime import datetime\ndatetime.now()", "line 2, calls now(), but core does no I/O"),
    ("errors.py", "from affidavit.core import canonical", "but errors may import nothing of the package"),
    (MODEL, "from affidavit.ledger.store import Batch", "but model may import only core, errors"),
    (MODEL, "import random", "imports random, but model does no I/O"),
    (LEDGER, "from affidavit.storage import memory", "but ledger may import only model, core, errors"),
    (ONE, "from affidavit.ledger.store import Store", "but dialects may import only model, core, errors"),
    (ONE, "from affidavit.dialects.two.wire import x", "dialects/one and dialects/two are strangers"),
    (ONE, "from affidavit.dialects import two", "dialects/one and dialects/two are strangers"),
    (ONE, "import random", "imports random, but dialects does no I/O"),
    (SQLITE, "from affidavit.storage.memory.store import M", "storage/sqlite and storage/memory are strangers"),
    (SQLITE, "from affidavit.server import app", "but storage may import only ledger, access, reputation, model"),
    (SERVER, "from affidavit.storage.sqlite import S", "but server may import only dialects, ledger, access"),
    (SERVER, "from affidavit.wiring import service", "but server may import only dialects, ledger, access"),
    (SERVER, "from affidavit.settings import Settings", "but server may import only dialects, ledger, access"),
    ("web/pages.py", "from affidavit.server import app", "but web may import only dialects, ledger, access"),
    ("client/recorder.py", "from affidavit.access.keys import Key", "but client may import only model, core, errors"),
    ("access/keys.py", "from affidavit.settings import Settings", "but access may import only model, core, errors"),
    ("plugins/x.py", "from affidavit.core import entry", "plugins has no row in the table"),
]

ALLOWED = [
    (CORE, "from . import canonical\nfrom .canonical import parse\nfrom affidavit.errors import InvalidJson"),
    (CORE, "import re, json, hashlib\nfrom datetime import timedelta\nimport msgspec, orjson, rfc8785"),
    (MODEL, "from affidavit.core.entry import Entry"),
    (LEDGER, "from affidavit import __version__\nimport os, threading\nfrom affidavit.model.draft import Draft"),
    (ONE, "from affidavit.dialects.contract import Dialect\nfrom affidavit.dialects.one.routes import x"),
    (SQLITE, "from affidavit.ledger.store import B\nfrom affidavit.access.keys import K\nimport apsw, os"),
    (SERVER, "from affidavit.dialects import load\nimport asyncio"),
    ("wiring/service.py", "from affidavit.storage.sqlite import S\nfrom affidavit.web import w\nimport os"),
    ("cli/main.py", "from affidavit.wiring import service\nfrom affidavit.storage import memory"),
    ("__init__.py", "import os"),
]


def plant(root: Path, file: str, source: str) -> list[str]:
    """What is found in a package that has folders as ours, and one file with this source."""
    package = root / "affidavit"
    for folder in ("storage/sqlite", "storage/memory", "dialects/one", "dialects/two"):
        (package / folder).mkdir(parents=True)
    (package / file).parent.mkdir(exist_ok=True)
    (package / file).write_text(source)
    return architecture.breaches(package)


@pytest.mark.parametrize(("file", "source", "says"), FORBIDDEN)
def test_a_planted_breach_is_found_and_told_in_a_sentence(tmp_path: Path, file: str, source: str, says: str) -> None:
    (sentence,) = plant(tmp_path, file, source)
    assert sentence.startswith(f"affidavit/{file}, line ")
    assert says in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(("file", "source"), ALLOWED)
def test_what_is_allowed_is_not_told(tmp_path: Path, file: str, source: str) -> None:
    assert plant(tmp_path, file, source) == []


def test_parts_and_rows_are_the_same() -> None:
    """A part that goes takes its row with it."""
    parts = {path.name.removesuffix(".py") for path in SOURCE.iterdir() if not path.name.startswith("_")}
    assert parts <= architecture.MAY_IMPORT.keys()
    assert architecture.MAY_IMPORT.keys() - parts <= STILL_TO_COME
