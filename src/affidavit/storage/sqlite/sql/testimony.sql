-- What others say of the ledger's checkpoints: witnesses that cosign them, authorities that stamp their time.

-- name: settings
-- The connection of who gathers it. It writes little, asks nobody to wait for the disk, and what a power cut takes away of
-- it is gathered again for the next checkpoint. Putting the WAL into the file is the indexer's.
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 0;
PRAGMA cache_size = -256;

-- name: add_cosignature
-- A witness's line under a checkpoint; what it said last counts.
INSERT OR REPLACE INTO cosignatures (size, name, line, at) VALUES (?, ?, ?, ?);

-- name: add_timestamp
-- An authority's time stamp of a checkpoint.
INSERT OR REPLACE INTO timestamps (size, token) VALUES (?, ?);

-- name: cosignatures
-- The lines under a checkpoint.
SELECT line FROM cosignatures WHERE size = ? ORDER BY name;

-- name: cosigned
-- The newest sizes that any witness has cosigned.
SELECT DISTINCT size FROM cosignatures ORDER BY size DESC LIMIT ?;

-- name: timestamp
-- The time stamp of a checkpoint.
SELECT token FROM timestamps WHERE size = ?;
