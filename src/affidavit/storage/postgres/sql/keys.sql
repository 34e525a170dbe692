-- Workspaces and API keys.

-- name: workspaces
-- Every tenant, oldest first.
SELECT id, name, salt FROM affidavit.workspaces ORDER BY id;

-- name: add_workspace
-- A new tenant; gives its id. Nothing if the name is taken.
INSERT INTO affidavit.workspaces (name, salt) VALUES (%(name)s, %(salt)s) ON CONFLICT DO NOTHING RETURNING id;

-- name: add_key
-- A new key.
INSERT INTO affidavit.keys (
    id, workspace, dialect, scopes, digest, created_at, expires_at, revoked_at, secret_generation
)
VALUES (
    %(id)s, %(workspace)s, %(dialect)s, %(scopes)s, %(digest)s,
    %(created_at)s, %(expires_at)s, %(revoked_at)s, %(secret_generation)s
);

-- name: key_with_digest
-- The key of a token: once for each token and second.
SELECT k.id, w.id, w.name, w.salt, k.dialect, k.scopes, k.digest, k.created_at, k.expires_at, k.revoked_at,
    k.secret_generation
FROM affidavit.keys k JOIN affidavit.workspaces w ON w.id = k.workspace
WHERE k.digest = %(digest)s;

-- name: keys
-- Every key, oldest first.
SELECT k.id, w.id, w.name, w.salt, k.dialect, k.scopes, k.digest, k.created_at, k.expires_at, k.revoked_at,
    k.secret_generation
FROM affidavit.keys k JOIN affidavit.workspaces w ON w.id = k.workspace
ORDER BY k.number;

-- name: revoke_key
-- Gives the key's id if there is such a key. The first revocation stands.
UPDATE affidavit.keys SET revoked_at = coalesce(revoked_at, %(at)s) WHERE id = %(id)s RETURNING id;

-- name: rotate_secret
-- The next secret is the one that counts, of a key that signs and is not revoked.
WITH k AS (
    UPDATE affidavit.keys SET secret_generation = secret_generation + 1
    WHERE id = %(id)s AND secret_generation > 0 AND revoked_at IS NULL RETURNING *
)
SELECT k.id, w.id, w.name, w.salt, k.dialect, k.scopes, k.digest, k.created_at, k.expires_at, k.revoked_at,
    k.secret_generation
FROM k JOIN affidavit.workspaces w ON w.id = k.workspace;
