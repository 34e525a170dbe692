"""Which dialect and which route a request is for, and in whose shape it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

import msgspec

from affidavit.dialects.contract import Dialect, Download, Ingest, Order, Read, Stream
from affidavit.errors import MethodNotAllowed, NotFound
from affidavit.server.urls import decoded

Route = Ingest | Read | Stream | Order | Download
_PARAMETER = "{}"
"""Stands for a `{name}` segment in a path's shape."""


class Match(msgspec.Struct, frozen=True, gc=False):
    """A route that was found, and what its `{name}` segment matched."""

    dialect: Dialect
    route: Route
    parameters: Mapping[str, str]


class Target(msgspec.Struct, frozen=True, gc=False):
    """Where a request leads. `owner`: the dialect that draws its refusals; None where no dialect has the prefix."""

    owner: Dialect | None
    found: Match | NotFound | MethodNotAllowed


class Router:
    """All dialects' routes: each under its vendor's own path, and once more under `/<dialect>`.

    Where several have the same path, a dialect with `guest_keys` has it for callers that show one of them, and only
    then.
    """

    def __init__(self, dialects: Iterable[Dialect], preferred: str | None = None) -> None:
        """`preferred`: the dialect that has its paths for everybody, whatever key they show."""
        self._preferred = preferred
        self._routes: dict[str, list[Match]] = {}
        self._rests: dict[str, list[Match]] = {}
        self._prefixes: list[tuple[str, Dialect]] = []
        for dialect in dialects:
            routes: tuple[Route, ...] = (
                *dialect.ingests, *dialect.reads, *dialect.streams, *dialect.orders, *dialect.downloads,
            )  # fmt: skip
            for mount in ("", f"/{dialect.name}"):
                for route in routes:
                    match = Match(dialect, route, {})
                    if isinstance(route, Read) and route.takes_rest:
                        self._rests.setdefault(mount + route.path.partition("{")[0], []).append(match)
                    else:
                        self._routes.setdefault(_shape(mount + route.path), []).append(match)
            self._prefixes += [(prefix, dialect) for prefix in (*dialect.prefixes, f"/{dialect.name}")]
        self._most_slashes = max((shape.count("/") for shape in self._routes), default=0)
        self._prefixes.sort(key=lambda entry: -len(entry[0]))

    def resolve(self, method: str, path: str, headers: Mapping[str, str]) -> Target:
        """Where a request leads; HEAD is served by GET's routes. `path`: as it was sent, percent-encoded."""
        known, parameter = self._known(path)
        if not known:
            return Target(self._owner(unquote(path), headers), NotFound(f"there is no {path[:200]} here"))
        wanted = "GET" if method == "HEAD" else method
        match = self._choose([match for match in known if match.route.method == wanted], headers)
        if match is None:
            allowed = {route.route.method for route in known}
            listed = tuple(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))
            refusal = MethodNotAllowed(f"{path[:200]} takes {', '.join(listed)}, not {method}", allowed=listed)
            other = self._choose(known, headers)
            return Target(other.dialect if other else self._owner(unquote(path), headers), refusal)
        if parameter is not None:
            name = match.route.path.partition("{")[2].partition("}")[0]
            match = Match(match.dialect, match.route, {name: parameter})
        return Target(match.dialect, match)

    def _known(self, path: str) -> tuple[Sequence[Match], str | None]:
        """The routes of a path, whatever their method, and what stands in the place of their parameter.

        A slash that is encoded (%2F) is part of a name: it separates nothing (RFC 3986 section 2.2).
        """
        if path in self._routes and _PARAMETER not in path:
            return self._routes[path], None
        for beginning, matches in self._rests.items():
            if path.startswith(beginning) and path != beginning:
                return matches, unquote(path.removeprefix(beginning))
        if path.count("/") > self._most_slashes:
            return (), None
        names = [decoded(part) for part in path.split("/")]
        parts = ["" if "/" in name or name == _PARAMETER else name for name in names]
        if (fixed := "/".join(parts)) in self._routes:
            return self._routes[fixed], None
        for place in range(len(parts) - 1, 0, -1):
            shape = "/".join([*parts[:place], _PARAMETER, *parts[place + 1 :]])
            if names[place] and shape in self._routes:
                return self._routes[shape], names[place]
        return (), None

    def _owner(self, path: str, headers: Mapping[str, str]) -> Dialect | None:
        """The dialect with the longest prefix of a path."""
        for prefix, _ in self._prefixes:
            if path == prefix or path.startswith(prefix + "/"):
                sharing = [dialect for other, dialect in self._prefixes if other == prefix]
                hosts = [dialect for dialect in sharing if not dialect.guest_keys]
                return next((dialect for dialect in sharing if self._invites(dialect, headers)), (hosts or sharing)[0])
        return None

    def _choose(self, matches: Sequence[Match], headers: Mapping[str, str]) -> Match | None:
        """Of routes for the same path: a guest's for its own keys, else the host's, else whose it is alone."""
        if len(matches) <= 1:
            return matches[0] if matches else None
        for match in matches:
            if self._invites(match.dialect, headers):
                return match
        return next((match for match in matches if not match.dialect.guest_keys), matches[0])

    def _invites(self, dialect: Dialect, headers: Mapping[str, str]) -> bool:
        """Whether the caller shows one of a guest's keys. It is not checked here, only looked at."""
        if self._preferred is not None:
            return dialect.name == self._preferred
        shown = headers.get("authorization", "").rpartition(" ")[2]
        return bool(dialect.guest_keys) and shown.startswith(dialect.guest_keys)


def _shape(path: str) -> str:
    return "/".join([_PARAMETER if part.startswith("{") else part for part in path.split("/")])
