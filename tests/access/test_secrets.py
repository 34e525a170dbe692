"""Signing secrets are derived, so the same ones come back, and no two keys share one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from affidavit.access.secrets import derive

MASTER = bytes(range(32))


def test_a_secret_is_frozen() -> None:
    """The same by `openssl dgst -sha256 -mac HMAC`, over the subject with its two zero bytes."""
    assert derive(MASTER, "key_0123456789abcdef", 1, "sk_live_", 16) == "sk_live_685a7a47e0ac234c22a94d535523dcbf"


@given(st.binary(min_size=32, max_size=32), st.text("0123456789abcdef", min_size=16, max_size=16), st.integers(1, 9))
def test_another_master_key_or_generation_gives_another_secret(master: bytes, name: str, generation: int) -> None:
    secret = derive(master, f"key_{name}", generation, "sk_live_", 16)
    assert secret == derive(master, f"key_{name}", generation, "sk_live_", 16)
    assert len({secret, derive(bytes(31) + b"x", f"key_{name}", generation, "sk_live_", 16),
                derive(master, f"key_{name}0", generation, "sk_live_", 16),
                derive(master, f"key_{name}", generation + 1, "sk_live_", 16)}) == 4  # fmt: skip
