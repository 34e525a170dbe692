"""The page that verifies a bundle: as the server gives it, saved from there, and opened from its folder on the disk."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from affidavit import verifier
from tests.browser.conftest import Visit, Visitor
from tests.evidence import cases
from tests.running import Running

FILE = "case.affidavit"


@pytest.fixture(scope="module")
def ledger() -> cases.Ledger:
    """A sealed ledger."""
    made = cases.usual()
    made.seal()
    return made


@pytest.fixture(params=["served", "saved", "on the disk"])
def place(request: pytest.FixtureRequest, server: Running, tmp_path: Path) -> str:
    """The URL of the page."""
    if request.param == "served":
        return f"{server.base_url}/verify"
    if request.param == "on the disk":
        return Path(verifier.__file__).with_name("verify.html").as_uri()
    saved = tmp_path / "verify.html"
    saved.write_bytes(httpx.get(f"{server.base_url}/verify").content)
    return saved.as_uri()


def verify(seen: Visit, ledger: cases.Ledger, bundle: bytes, **fields: str) -> None:
    """Fill the form in, as somebody does."""
    page = seen.page
    page.get_by_label("The bundle choose").set_input_files({"name": FILE, "mimeType": "", "buffer": bundle})
    page.get_by_label("Verifier keys").fill(fields.pop("keys", ledger.key))
    if fields:
        page.get_by_text("What else you hold").click()
    for label, text in fields.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Verify").click()


def codes(seen: Visit, title: str) -> list[str]:
    """What is listed under a heading."""
    return seen.page.locator(f"h3:text-is('{title}') + p + ul code").all_inner_texts()


def test_a_bundle_is_proven_and_nothing_is_sent(place: str, ledger: cases.Ledger, visit: Visitor) -> None:
    seen = visit(place)
    bundle = ledger.bundle(cases.ONE)
    loaded = list(seen.requested)
    verify(seen, ledger, bundle)
    expect(seen.page.get_by_role("heading", level=2)).to_have_text("PROVEN")
    report = cases.auditor(ledger).report(bundle)
    assert codes(seen, "Proven") == [code for code, _ in report.proven]
    assert codes(seen, "Asserted only by the ledger") == [code for code, _ in report.asserted]
    assert codes(seen, "Not proven") == [code for code, _ in report.not_proven]
    assert (seen.requested, seen.complaints) == (loaded, [])


def test_a_bundle_that_was_tampered_with_fails(place: str, ledger: cases.Ledger, visit: Visitor) -> None:
    seen = visit(place)
    tampered = cases.changed(ledger.bundle(cases.ONE), "payloads", lambda held: held.replace(b'"n":7', b'"n":9'))
    verify(seen, ledger, tampered)
    expect(seen.page.get_by_role("heading", level=2)).to_contain_text("FAILED")
    assert codes(seen, "Problems") == ["payload-mismatch"]
    assert codes(seen, "Proven") == []


def test_its_policy_lets_nothing_out(place: str, visit: Visitor, server: Running) -> None:
    seen = visit(place)
    loaded = list(seen.requested)
    tried = """async (url) => {
      const beacon = new Image();
      const lost = new Promise((end) => { beacon.onload = beacon.onerror = end; });
      beacon.src = `${url}/image`;
      await lost;
      return await fetch(`${url}/fetch`, { method: "POST", body: "evidence" }).then(() => "sent", () => "forbidden");
    }"""
    assert seen.page.evaluate(tried, server.base_url) == "forbidden"
    inject = "code => document.body.appendChild(document.createElement('script')).textContent = code"
    seen.page.evaluate(inject, "document.title = 'taken over'")
    assert seen.page.title() == "Affidavit: verify a bundle"
    assert "Content Security Policy" in "".join(seen.complaints)
    assert [url for url in seen.requested if url not in loaded and "/image" not in url and "/fetch" not in url] == []
    assert "/fetch" not in server.log.read_text()


def test_what_the_auditor_holds(ledger: cases.Ledger, visit: Visitor, server: Running) -> None:
    seen = visit(f"{server.base_url}/verify")
    other = cases.usual(seed=1)
    other.record("one", {"n": 9})
    held = other.seal().note.decode()
    policy = f"log {ledger.key}\nwitness w {cases.Witness('w.example', 9).key}\nquorum w\n"
    fields = {"Policy": policy, "Earlier checkpoint": held, "Greatest age": "1d"}
    verify(seen, ledger, ledger.bundle(cases.ALL), keys="", **fields)
    expect(seen.page.get_by_role("heading", level=2)).to_contain_text("POLICY NOT MET")
    assert codes(seen, "Problems") == ["checkpoint-newer", "quorum"]


@pytest.mark.parametrize(("keys", "said"), [("", "Name a key that you trust"), ("x", "'x' is not a verifier key")])
def test_what_it_cannot_do_it_says(keys: str, said: str, ledger: cases.Ledger, visit: Visitor, server: Running) -> None:
    seen = visit(f"{server.base_url}/verify")
    verify(seen, ledger, b"PK", keys=keys)
    expect(seen.page.get_by_role("status")).to_contain_text(said)
    expect(seen.page.get_by_role("heading", level=2)).to_be_hidden()


def test_nothing_in_a_bundle_becomes_part_of_the_page(ledger: cases.Ledger, visit: Visitor, server: Running) -> None:
    seen = visit(f"{server.base_url}/verify")
    evil = "<img src=x onerror=alert(1)>"
    forged = cases.changed(
        ledger.bundle(cases.SCOPES["agent"]), "bundle.json", lambda held: held.replace(b'"ann"', f'"{evil}"'.encode())
    )
    verify(seen, ledger, forged)
    expect(seen.page.locator("#facts")).to_contain_text(evil)
    assert seen.page.locator("img").count() == 0


def test_it_fits_a_phone(ledger: cases.Ledger, visit: Visitor, server: Running) -> None:
    seen = visit(f"{server.base_url}/verify")
    seen.page.set_viewport_size({"width": 390, "height": 844})
    verify(seen, ledger, ledger.bundle(cases.ALL))
    expect(seen.page.locator("#result")).to_be_focused()
    seen.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_file_that_is_dropped(ledger: cases.Ledger, visit: Visitor, server: Running) -> None:
    seen = visit(f"{server.base_url}/verify")
    drop = """(bytes) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(bytes)], "case.affidavit"));
      for (const kind of ["dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }"""
    seen.page.evaluate(drop, list(ledger.bundle(cases.ONE)))
    seen.page.get_by_label("Verifier keys").fill(ledger.key)
    seen.page.get_by_role("button", name="Verify").click()
    expect(seen.page.get_by_role("heading", level=2)).to_have_text("PROVEN")


def test_a_browser_that_cannot_verify_signatures(ledger: cases.Ledger, visit: Visitor, server: Running) -> None:
    seen = visit(f"{server.base_url}/verify")
    lacking = "() => { crypto.subtle.importKey = async () => { throw new DOMException('', 'NotSupportedError'); }; }"
    seen.page.evaluate(lacking)
    verify(seen, ledger, ledger.bundle(cases.ONE))
    expect(seen.page.get_by_role("status")).to_contain_text(
        "cannot verify Ed25519 signatures here. Take a newer browser"
    )
    expect(seen.page.get_by_role("heading", level=2)).to_be_hidden()
