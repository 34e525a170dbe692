"""Which dialect and which route a request is for."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from affidavit.dialects.contract import Dialect, Ingest, Read
from affidavit.errors import MethodNotAllowed, NotFound

Route = Ingest | Read


class Match(msgspec.Struct, frozen=True, gc=False):
    """A route that was found, and what its `{name}` segment matched."""

    dialect: Dialect
    route: Route
    parameters: dict[str, str]


class Router:
    """All dialects' routes: each under its vendor's own path, and once more under `/<dialect>`."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._exact: dict[str, dict[str, Match]] = {}
        self._patterns: dict[str, dict[str, Match]] = {}
        self._prefixes: list[tuple[str, str, Dialect]] = []
        for dialect in dialects:
            for mount in ("", f"/{dialect.name}"):
                routes: tuple[Route, ...] = (*dialect.ingests, *dialect.reads)
                for route in routes:
                    self._add(mount + route.path, dialect, route)
            self._prefixes += [(prefix, prefix + "/", dialect) for prefix in (*dialect.prefixes, f"/{dialect.name}")]
        self._prefixes.sort(key=lambda entry: -len(entry[0]))

    def _add(self, path: str, dialect: Dialect, route: Route) -> None:
        stem, brace, _ = path.partition("{")
        table = self._patterns if brace else self._exact
        table.setdefault(stem, {})[route.method] = Match(dialect, route, {})

    def find(self, method: str, path: str) -> Match:
        """The route of a request; HEAD is served by GET's. Raises NotFound or MethodNotAllowed."""
        methods = self._exact.get(path)
        parameters: dict[str, str] = {}
        if methods is None:
            stem, slash, last = path.rpartition("/")
            methods = self._patterns.get(stem + slash) if last else None
            if methods is None:
                raise NotFound(f"there is no {path[:200]} here")
        match = methods.get("GET" if method == "HEAD" else method)
        if match is None:
            allowed = tuple(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
            raise MethodNotAllowed(f"{path[:200]} takes {', '.join(allowed)}, not {method}", allowed=allowed)
        if path not in self._exact:
            name = match.route.path.partition("{")[2].rstrip("}")
            parameters = {name: path.rpartition("/")[2]}
        return Match(match.dialect, match.route, parameters) if parameters else match

    def owner(self, path: str) -> Dialect | None:
        """The dialect in whose shape a refusal at this path is drawn; None where no dialect has the prefix."""
        for prefix, below, dialect in self._prefixes:
            if path.startswith(below) or path == prefix:
                return dialect
        return None
