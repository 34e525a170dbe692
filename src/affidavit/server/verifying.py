"""The page that verifies a bundle in a browser, in one piece: what the verifier's folder has in several files.

It is complete in itself, so that whoever saves it has it offline. Its policy lets it reach nothing, the server that it
came from included: a bundle that is chosen on it cannot be sent anywhere.
"""

from __future__ import annotations

import re
from importlib import resources

from affidavit.server.reference import csp_hash

_FOLDER = resources.files("affidavit").joinpath("verifier")
_STYLE = re.compile('<link rel="stylesheet" href="([a-z_.]+)">')
_SCRIPT = re.compile('<script src="([a-z_.]+)"></script>')
_META = re.compile('(<meta http-equiv="Content-Security-Policy" content=")[^"]*')


def _read(name: str) -> str:
    return _FOLDER.joinpath(name).read_text(encoding="utf-8")


def _assembled() -> tuple[str, str]:
    """The page, and what its policy allows."""
    page = _read("verify.html")
    styles = " ".join(csp_hash(_read(name)) for name in _STYLE.findall(page))
    scripts = " ".join(csp_hash(_read(name)) for name in _SCRIPT.findall(page))
    page = _STYLE.sub(lambda found: f"<style>{_read(found[1])}</style>", page)
    page = _SCRIPT.sub(lambda found: f"<script>{_read(found[1])}</script>", page)
    allowed = (
        f"default-src 'none'; style-src {styles}; script-src {scripts}; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )
    return _META.sub(lambda found: found[1] + allowed, page), allowed


PAGE, _ALLOWED = _assembled()
POLICY = f"{_ALLOWED}; frame-ancestors 'none'"
"""The Content-Security-Policy of its answer; the page brings all but the last along, for when it is saved."""
