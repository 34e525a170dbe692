"""/docs as a browser shows it: every dialect's reference, its own style and script, and nothing from elsewhere."""

from __future__ import annotations

from playwright.sync_api import expect

from affidavit.dialects import load
from tests.browser.conftest import Visitor
from tests.openapi.documents import DOCUMENTS, OPERATIONS
from tests.running import Running

_ON_TOP = """(element) => {
  const place = element.getBoundingClientRect();
  return document.elementFromPoint(place.x + 2, place.y + 2) === element;
}"""


def test_every_dialects_reference_is_shown(server: Running, visit: Visitor) -> None:
    seen = visit(f"{server.base_url}/docs")
    assert sorted(DOCUMENTS) == sorted(load())
    for name in DOCUMENTS:
        section = seen.page.locator(f"section#{name}")
        wanted = [
            f"{operation.method.upper()}{operation.path} {operation.described['summary']}"
            for operation in OPERATIONS
            if operation.dialect == name
        ]
        assert section.locator("summary:has(.method)").all_inner_texts() == wanted
        expect(section.locator("summary:visible").first).to_be_visible()
    first = seen.page.locator("details:has(.method)").first
    expect(first.get_by_text("Answers", exact=True)).to_be_hidden()
    first.locator("summary").first.click()
    expect(first.get_by_text("Answers", exact=True)).to_be_visible()
    assert (seen.complaints, seen.elsewhere(server.base_url)) == ([], [])


def test_the_policy_lets_its_own_script_and_style_work_and_no_others(server: Running, visit: Visitor) -> None:
    seen = visit(f"{server.base_url}/docs")
    assert seen.page.locator("header").evaluate("header => getComputedStyle(header).position") == "sticky"
    seen.page.get_by_label("Search").fill("/api/v1/verify/")
    expect(seen.page.locator("#asn summary:visible").first).to_contain_text("/api/v1/verify/{asn}")
    expect(seen.page.locator("#provenlog")).to_be_hidden()
    expect(seen.page.get_by_role("status")).to_contain_text(" of ")
    assert seen.complaints == []
    inject = "code => document.body.appendChild(document.createElement('script')).textContent = code"
    seen.page.evaluate(inject, "document.title = 'taken over'")
    assert seen.page.title() == "Affidavit: APIs"
    assert "Content Security Policy" in "".join(seen.complaints)


def test_links_lead_where_they_say(server: Running, visit: Visitor) -> None:
    seen = visit(f"{server.base_url}/docs")
    for name, document in DOCUMENTS.items():
        seen.page.get_by_role("navigation").get_by_role("link", name=document["info"]["title"], exact=True).click()
        assert seen.page.url.endswith(f"#{name}")
        heading = seen.page.locator(f"#{name} h2")
        expect(heading).to_be_in_viewport()
        assert heading.evaluate(_ON_TOP), f"something covers the heading of {name}"
    for name, document in DOCUMENTS.items():
        with seen.page.expect_response(f"**/{name}/openapi.json") as answered:
            seen.page.locator(f"#{name}").get_by_role("link").click()
        assert (answered.value.status, answered.value.json()) == (200, document)
        seen.page.go_back()


def test_it_fits_a_phone(server: Running, visit: Visitor) -> None:
    seen = visit(f"{server.base_url}/docs")
    seen.page.set_viewport_size({"width": 390, "height": 844})
    seen.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_visit_notices_what_goes_wrong(server: Running, visit: Visitor) -> None:
    """Else a page without complaints could be a page that nobody listens to."""
    seen = visit("about:blank")
    with seen.page.expect_event("requestfailed"), seen.page.expect_event("pageerror"):
        seen.page.set_content('<img src="http://elsewhere.invalid/x"><script>console.error("wrong"); gone()</script>')
    assert seen.elsewhere(server.base_url) == ["http://elsewhere.invalid/x"]
    assert {"wrong", "gone is not defined"} <= set(seen.complaints)
