-- What others say of the ledger's checkpoints: witnesses that cosign them, authorities that stamp their time.

-- name: add_cosignature
-- A witness's line under a checkpoint; what it said last counts.
INSERT INTO affidavit.cosignatures (size, name, line, at) VALUES (%(size)s, %(name)s, %(line)s, %(at)s)
ON CONFLICT (size, name) DO UPDATE SET line = excluded.line, at = excluded.at;

-- name: add_timestamp
-- An authority's time stamp of a checkpoint.
INSERT INTO affidavit.timestamps (size, token) VALUES (%(size)s, %(token)s)
ON CONFLICT (size) DO UPDATE SET token = excluded.token;

-- name: cosignatures
-- The lines under a checkpoint.
SELECT line FROM affidavit.cosignatures WHERE size = %(number)s ORDER BY name;

-- name: cosigned
-- The newest sizes that any witness has cosigned.
SELECT DISTINCT size FROM affidavit.cosignatures ORDER BY size DESC LIMIT %(number)s;

-- name: timestamp
-- The time stamp of a checkpoint.
SELECT token FROM affidavit.timestamps WHERE size = %(number)s;
