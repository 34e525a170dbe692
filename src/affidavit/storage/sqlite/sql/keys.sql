-- Workspaces and API keys. Written by commands while a server runs, in transactions of one statement.

-- name: settings
-- Durable when a statement returns; a workspace with keys cannot go.
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;

-- name: workspaces
-- Every tenant, oldest first.
SELECT id, name, salt FROM workspaces ORDER BY id;

-- name: add_workspace
-- A new tenant; gives its id. Nothing if the name is taken.
INSERT INTO workspaces (name, salt) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id;

-- name: add_key
-- A new key.
INSERT INTO keys (id, workspace, dialect, scopes, digest, created_at, expires_at, revoked_at, secret_generation)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: key_with_digest
-- The key of a token: once for each token and second.
SELECT k.id, w.id, w.name, w.salt, k.dialect, k.scopes, k.digest, k.created_at, k.expires_at, k.revoked_at,
    k.secret_generation
FROM keys k JOIN workspaces w ON w.id = k.workspace
WHERE k.digest = ?;

-- name: keys
-- Every key, oldest first.
SELECT k.id, w.id, w.name, w.salt, k.dialect, k.scopes, k.digest, k.created_at, k.expires_at, k.revoked_at,
    k.secret_generation
FROM keys k JOIN workspaces w ON w.id = k.workspace
ORDER BY k.number;

-- name: revoke_key
-- Gives the key's id if there is such a key. The first revocation stands.
UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? RETURNING id;

-- name: rotate_secret
-- The next secret is the one that counts, of a key that signs and is not revoked.
UPDATE keys SET secret_generation = secret_generation + 1
WHERE id = ? AND secret_generation > 0 AND revoked_at IS NULL;

-- name: key_with_id
-- A key that signs and is not revoked.
SELECT k.id, w.id, w.name, w.salt, k.dialect, k.scopes, k.digest, k.created_at, k.expires_at, k.revoked_at,
    k.secret_generation
FROM keys k JOIN workspaces w ON w.id = k.workspace
WHERE k.id = ? AND k.secret_generation > 0 AND k.revoked_at IS NULL;
