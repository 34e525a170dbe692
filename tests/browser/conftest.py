"""A real browser: Debian's Chromium, driven by Playwright. `./scripts/chromium` installs it where that is possible."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

CHROMIUM = shutil.which("chromium")


@dataclass
class Visit:
    """A page that somebody looks at.

    `complaints`: what the browser had to say: errors and warnings on the console, which is where it tells what a
    Content-Security-Policy forbade, and exceptions. `requested`: every URL it asked for.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requested.append(request.url))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def elsewhere(self, base_url: str) -> list[str]:
        """What was asked of any other host."""
        return [url for url in self.requested if not url.startswith((f"{base_url}/", "data:", "blob:"))]


Visitor = Callable[[str], Visit]
"""Opens a URL in a new page."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for this folder, and no longer: while it runs, no other test's event loop could in this thread."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: ./scripts/chromium installs it")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM) as running:
        yield running


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visitor]:
    """Visits of one person, who has never been here before."""
    with browser.new_context() as context:

        def go(url: str) -> Visit:
            visiting = Visit(context.new_page())
            visiting.page.goto(url)
            return visiting

        yield go
