"""Workspaces and API keys."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from affidavit.access.keys import Key, digest_of
from affidavit.errors import StoreFailed
from affidavit.model.draft import Workspace
from tests.contract.recording import AnyStore


def _key(workspace: Workspace, number: int = 1) -> Key:
    return Key(f"key_{number}", workspace, "provenlog", ("events:write", "events:read"), digest_of(str(number)), number)


def test_workspaces(store: AnyStore) -> None:
    assert store.workspaces() == []
    made = [store.add_workspace(name, name.encode().ljust(16)) for name in ("zebra", "", "ärger")]
    assert store.workspaces() == made
    assert len({workspace.id for workspace in made}) == 3
    with pytest.raises(StoreFailed, match="zebra"):
        store.add_workspace("zebra", b"0" * 16)
    assert store.workspaces() == made


def test_keys(store: AnyStore) -> None:
    first, second = (store.add_workspace(name, b"0" * 16) for name in ("first", "second"))
    kept = [
        _key(first, 9),
        replace(_key(second, 5), scopes=(), expires_at=2**62, revoked_at=7),
        replace(_key(first, 7), scopes=('"', "\n")),
    ]
    assert store.keys() == []
    for key in kept:
        store.add_key(key)
    assert store.keys() == kept
    assert [store.key_with_digest(key.digest) for key in kept] == kept
    assert store.key_with_digest(digest_of("unknown")) is None
    assert store.key_with_digest(b"") is None


def test_a_key_is_revoked_once(store: AnyStore) -> None:
    key = _key(store.add_workspace("first", b"0" * 16))
    store.add_key(key)
    assert store.revoke_key(key.id, 100)
    assert store.revoke_key(key.id, 200)
    assert store.keys() == [replace(key, revoked_at=100)] == [store.key_with_digest(key.digest)]
    assert not store.revoke_key("key_none", 100)


@pytest.mark.parametrize(
    "change",
    [{"id": "key_2"}, {"digest": digest_of("2")}, {"workspace": Workspace(99, "none", b"0" * 16)}],
    ids=["same token", "same id", "no such workspace"],
)
def test_what_contradicts_another_key_is_refused(store: AnyStore, change: dict[str, object]) -> None:
    workspace = store.add_workspace("first", b"0" * 16)
    store.add_key(_key(workspace))
    other = _key(workspace, 1 if "workspace" not in change else 2)
    with pytest.raises(StoreFailed):
        store.add_key(replace(other, **change))
    assert store.keys() == [_key(workspace)]


def test_a_secret_is_rotated_for_keys_that_sign_and_for_no_others(store: AnyStore) -> None:
    workspace = store.add_workspace("first", b"0" * 16)
    signs, silent = replace(_key(workspace), secret_generation=1), _key(workspace, 2)
    store.add_key(signs)
    store.add_key(silent)
    assert store.rotate_secret(signs.id) == replace(signs, secret_generation=2)
    assert store.key_with_digest(signs.digest) == replace(signs, secret_generation=2)
    assert store.rotate_secret(silent.id) is None
    assert store.rotate_secret("key_none") is None
    store.revoke_key(signs.id, 100)
    assert store.rotate_secret(signs.id) is None
    assert store.keys() == [replace(signs, secret_generation=2, revoked_at=100), silent]
